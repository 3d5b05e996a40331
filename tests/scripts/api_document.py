"""An OpenAPI 3.1 document: its operations, and whether a request or a reply is as it says.

A document is checked on loading: against OpenAPI's own schema, each Schema Object against JSON Schema; each $ref must
lead somewhere.
"""
import dataclasses
import datetime
import json

import yaml
from jsonschema import Draft202012Validator, FormatChecker, RefResolutionError, RefResolver

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# HTTP's own, and what a document says once of all replies.
UNSAID_HEADERS = {"connection", "content-length", "content-type", "x-content-type-options", "cache-control", "vary"}
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None


@dataclasses.dataclass
class Operation:
    document: "Document"
    path: str
    method: str
    node: dict

    @property
    def id(self):
        return self.node["operationId"]

    @property
    def statuses(self):
        return self.node["responses"].keys()

    def addresses(self):
        """Names of the server variables: listen, status_listen; none where the address is the host's."""
        item = self.document.node["paths"][self.path]
        return [name for server in item.get("servers", []) for name in server["variables"]]

    def content(self, holder):
        return self.document.follow(holder).get("content", {})

    def request_examples(self):
        """(name, value, the reply's example of that name or None)."""
        json_body = self.content(self.node.get("requestBody", {})).get("application/json", {})
        replies = self.content(self.node["responses"].get("200", {})).get("application/json", {}).get("examples", {})
        for name, example in json_body.get("examples", {}).items():
            yield name, example["value"], replies.get(name, {}).get("value")

    def request_faults(self, body):
        schema = self.content(self.node["requestBody"])["application/json"]["schema"]
        return self.document.schema_faults(schema, body)

    def reply_faults(self, reply, head=False):
        """What in a reply is not as documented, as texts."""
        if str(reply.status) not in self.statuses:
            return [f"the status {reply.status} is not documented; body: {reply.body[:300]!r}"]
        response = self.document.follow(self.node["responses"][str(reply.status)])
        return [*self._header_faults(response, reply), *self._body_faults(response, reply, head)]

    def _header_faults(self, response, reply):
        headers = response.get("headers", {})
        documented = {name.lower(): self.document.follow(header) for name, header in headers.items()}
        for name, header in documented.items():
            if name not in reply.headers:
                if header.get("required"):
                    yield f"the header {name} is absent"
                continue
            value = reply.headers[name]
            if header["schema"].get("type") == "integer" and value.isdecimal():
                value = int(value)
            yield from (f"the header {name}: {fault}" for fault in self.document.schema_faults(header["schema"], value))
        for name in reply.headers.keys() - documented.keys() - UNSAID_HEADERS:
            yield f"the header {name} is not documented"

    def _body_faults(self, response, reply, head):
        content = response.get("content", {})
        if not content or head:
            if reply.body:
                yield f"expected no body, found {reply.body[:100]!r}"
            if head or "content-type" not in reply.headers:
                return
            yield f"expected no content type, found {reply.headers['content-type']}"
            return
        media = reply.headers.get("content-type", "").split(";")[0]
        if media not in content and "*/*" not in content:
            yield f"expected the content type {' or '.join(content)}, found {media}"
        elif media.endswith("json") and "schema" in content.get(media, {}):
            yield from self.document.schema_faults(content[media]["schema"], reply.json())
            if media == "application/problem+json" and reply.json()["status"] != reply.status:
                yield f"the problem's status is {reply.json()['status']}, the reply's {reply.status}"


class Document:
    def __init__(self, path, openapi_schema):
        self.path = path
        self.node = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.faults = list(faults_of_document(self.node, path, openapi_schema))
        self._resolver = RefResolver(path.as_uri(), closed(self.node))
        self.operations = {}
        for name, item in self.node["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = Operation(self, name, method, item[method])
                    if "operationId" not in operation.node or operation.id in self.operations:
                        self.faults.append(f"{method} {name}: expected an operationId of its own")
                    self.operations[operation.id] = operation

    def follow(self, node):
        while "$ref" in node:
            node = self._resolver.resolve(node["$ref"])[1]
        return node

    def schema_faults(self, schema, value):
        # closed() also where the schema stands in the operation itself.
        validator = Draft202012Validator(closed(schema), resolver=self._resolver, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def faults_of_document(node, path, openapi_schema):
    """What makes it no OpenAPI 3.1, as texts."""
    for error in Draft202012Validator(openapi_schema).iter_errors(node):
        yield f"{error.json_path}: {error.message[:300]}"
    yield from _faults_within(node, "", RefResolver(path.as_uri(), node))


def _faults_within(node, at, resolver):
    """Each $ref leads somewhere, each schema is one."""
    if isinstance(node, list):
        for index, each in enumerate(node):
            yield from _faults_within(each, f"{at}/{index}", resolver)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        try:
            resolver.resolve(node["$ref"])
        except RefResolutionError as error:
            yield f"{at}: $ref {node['$ref']} leads nowhere: {error}"
    for name, each in node.items():
        schemas = {"schema": {"": each}, "schemas": each}.get(name, {})
        for key, schema in schemas.items():
            for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
                yield f"{at}/{name}/{key}{error.json_path[1:]}: {error.message[:300]}"
        if name not in ("example", "examples"):
            yield from _faults_within(each, f"{at}/{name}", resolver)


def closed(node):
    """A copy whose objects take documented members only: documents leave room to grow, replies use none."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    copied = {name: closed(each) for name, each in node.items()}
    if copied.get("type") == "object" and "properties" in copied:
        copied.setdefault("additionalProperties", False)
    return copied


def load_openapi_schema(folder):
    return json.loads((folder / "schemas/v3.1/schema.json").read_text(encoding="utf-8"))
