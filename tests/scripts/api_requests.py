"""Requests, replies and who signs them, for the checks of the API. Sends whole requests, and on purpose broken ones.

Everything is a plain value; a Host is one address of a running server and may be used by one thread at a time.
"""
import base64
import contextlib
import dataclasses
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

PATIENCE_S = 30


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes | None = None
    on_status_address: bool = False

    def but(self, **changes):
        """The same with some of its parts changed; headers are added, and taken away by None."""
        headers = {**self.headers, **changes.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value is not None}
        return dataclasses.replace(self, headers=headers, **changes)


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)


class Host:
    """One running server: its callers' address and its status address."""

    def __init__(self, listen, status_listen):
        self.listen = listen
        self.status_listen = status_listen

    @contextlib.contextmanager
    def _connected(self, request):
        address = urllib.parse.urlsplit(self.status_listen if request.on_status_address else self.listen)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_S)
        connection.connect()
        try:
            yield connection
        finally:
            connection.close()

    def send(self, request):
        with self._connected(request) as connection:
            connection.request(request.method, request.target, request.body, request.headers)
            return _reply(connection.getresponse())

    # ---- Requests that are broken below what an operation sees ------------------------------------------------------

    def send_two_host_headers(self, request):
        with self._connected(request) as connection:
            connection.putrequest(request.method, request.target, skip_host=True)
            for name in ("localhost", "elsewhere.example"):
                connection.putheader("Host", name)
            connection.endheaders()
            return _reply(connection.getresponse())

    def send_half_a_head(self, request):
        with self._connected(request) as connection:
            connection.sock.sendall(f"{request.method} {request.target} HTTP/1.1\r\nHost: local".encode())
            return _read_reply(connection, request)

    def send_large_head(self, request):
        return self.send(request.but(headers={"X-Padding": "x" * 20_000}))

    def send_half_a_body(self, request):
        return self._send_head(request, {"Content-Length": str(len(request.body) + 1)}, request.body)

    def send_large_body(self, request):
        return self._send_head(request, {"Content-Length": str(1 << 40)}, b"")

    def send_odd_expectation(self, request):
        return self._send_head(request, {"Content-Length": str(len(request.body)), "Expect": "miracles"}, b"")

    @contextlib.contextmanager
    def occupied(self):
        """Another caller's connection is open meanwhile; for a host that serves one at a time."""
        with self._connected(Request("GET", "/healthz")) as other:
            other.request("GET", "/healthz")
            other.getresponse().read()
            yield

    def send_nothing(self, request):
        """Only connects: who is turned away is told so before the request."""
        with self._connected(request) as connection:
            return _read_reply(connection, request)

    def _send_head(self, request, headers, body):
        with self._connected(request) as connection:
            connection.putrequest(request.method, request.target)
            for name, value in {**request.headers, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            return _reply(connection.getresponse())


def _read_reply(connection, request):
    response = http.client.HTTPResponse(connection.sock, method=request.method)
    response.begin()
    return _reply(response)


def _reply(response):
    headers = {}
    for name, value in response.getheaders():
        headers[name.lower()] = value
    return Reply(response.status, headers, response.read())


# ---- Signing: a sender's delivery, an agent's token -----------------------------------------------------------------


def standard_webhooks(secret, delivery, body, age_s=0):
    """The three headers of Standard Webhooks."""
    at = str(int(time.time()) - age_s)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{delivery}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": delivery,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


def agent_token(secret, age_s=0, **claims):
    """A JWT of the agent mia, who may see and note everything unless the claims say otherwise."""
    now = int(time.time()) - age_s
    payload = {
        "iss": "support",
        "aud": "identities",
        "sub": "mia",
        "name": "Mia",
        "scopes": ["identity.see", "note.write"],
        "view": {"all": True},
        "ticket": {"account": "shop", "thread": "t-1"},
        "requesters": [{"kind": "email", "value": "ada@customer.example"}],
        "iat": now,
        "exp": now + 300,
        **claims,
    }
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": "desk"}, payload)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
