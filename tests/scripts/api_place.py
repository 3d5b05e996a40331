"""A running server as a caller knows it, and for each operation a request that it takes."""
import itertools
import json

from api_requests import Request, agent_token, standard_webhooks
from api_server import ORIGIN

ADA = {"kind": "email", "value": "ada@customer.example"}
DESK_DATA = {
    "kid": "desk",
    "agents": [{"id": "mia", "name": "Mia", "scopes": ["identity.see"], "view": {"all": True}}],
    "tickets": [{"id": "482", "account": "shop", "requesters": [ADA]}],
}
UNKNOWN_KEY = "/hooks/v1/AAAAAAAAAAAAAAAAAAAAAA"
JSON = {"Content-Type": "application/json"}
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
_ids = itertools.count(1)


def message(key, **changes):
    data = {
        "id": key,
        "customer": {"id": "c-1", "name": "Ada Example", "identifiers": [ADA]},
        "direction": "in",
        "channel": "mail",
        "occurred_at": "2026-01-03T10:12:00Z",
        "thread": {"id": "t-1"},
        "text": "Is my bicycle ready?",
    }
    return {"type": "engagement.created", "timestamp": "2026-01-03T10:12:00Z", "data": {**data, **changes}}


class Place:
    """A running server with what a caller needs to know of it. panel and action: their paths."""

    def __init__(self, host, token_secret, account=None, plugin="identities", panel="sidebar", action="note.add"):
        self.host = host
        self.account = account
        self.panel_path = f"/v1/panel/{plugin}/{panel}"
        self.action_path = f"/v1/action/{plugin}/{action}"
        self._token_secret = token_secret

    def good(self, operation):
        """A request that this operation takes."""
        return getattr(self, "_" + operation)()

    def token(self, **claims):
        return {"Authorization": "Bearer " + agent_token(self._token_secret, **claims)}

    def panel(self, body, **claims):
        return Request("POST", self.panel_path, {**JSON, **self.token(**claims)}, json.dumps(body).encode())

    def action(self, args, name=None, key=None, **claims):
        body = {"key": key or f"a-key-of-ours-{next(_ids)}", "args": args}
        path = self.action_path if name is None else f"/v1/action/identities/{name}"
        return Request("POST", path, {**JSON, **self.token(**claims)}, json.dumps(body).encode())

    def delivery(self, value, delivery=None, **signing):
        return self.raw_delivery(json.dumps(value).encode(), delivery or f"delivery-{next(_ids)}", **signing)

    def raw_delivery(self, body, delivery="raw", **signing):
        headers = {**JSON, **standard_webhooks(self.account.secret, delivery, body, **signing)}
        return Request("POST", self.account.path, headers, body)

    def question(self, delivery):
        headers = standard_webhooks(self.account.secret, delivery, b"")
        return Request("GET", f"{self.account.path}/deliveries/{delivery}", headers)

    def _deliver(self):
        return self.delivery(message("m-good"))

    def _findDelivery(self):
        return self.question("never-sent")

    def _askPanel(self):
        return self.panel({}, scopes=["identity.see", "see"])

    def _doAction(self):
        return self.action({"text": "Prefers the phone"}, scopes=["note.write", "see"])

    def _preflightPanel(self):
        return Request("OPTIONS", self.panel_path, dict(PREFLIGHT))

    def _preflightAction(self):
        return Request("OPTIONS", self.action_path, dict(PREFLIGHT))

    def _preflightAsset(self):
        return Request("OPTIONS", "/assets/identities/ui/identities-sidebar.js", dict(PREFLIGHT))

    def _getAsset(self):
        return Request("GET", "/assets/identities/ui/identities-sidebar.js", {"Origin": ORIGIN})

    def _isAlive(self):
        return Request("GET", "/healthz")

    def _isReady(self):
        return Request("GET", "/readyz", on_status_address=True)

    def _readMetrics(self):
        return Request("GET", "/metrics", on_status_address=True)

    def _goToDesk(self):
        return Request("GET", "/desk")

    def _getPage(self):
        return Request("GET", "/desk/")

    def _readDesk(self):
        return Request("GET", "/desk/api/desk")

    def _makeToken(self):
        return Request("POST", "/desk/api/token", dict(JSON), b'{"agent":"mia","ticket":"482"}')
