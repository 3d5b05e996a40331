#!/usr/bin/python3
"""Writes the seeds and the dictionary of each fuzz target: seeds.py FOLDER makes FOLDER/TARGET/* and FOLDER/TARGET.dict.

The seeds are what tests and manifest show: the sample's items, plugin.json, the JSON in the tests' raw strings, and the
few lines of seeds/TARGET/ beside this file. The dictionary holds the names, words and patterns of the schemas.
"""
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
MANIFEST = ROOT / "manifest"
RAW_STRING = re.compile(r'R"(\w*)\((.*?)\)\1"', re.DOTALL)
AT = "2026-11-03T10:12:00Z"
REQUESTERS = [{"kind": "email", "value": "ada@customer.example", "name": "Ada", "role": "requester"},
              {"kind": "platform", "value": "17841400551203", "scope": "instagram", "role": "cc"}]


def with_real_times(value):
    """The sample's times are relative ("@-20d2h")."""
    if isinstance(value, dict):
        return {name: with_real_times(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_real_times(each) for each in value]
    return AT if isinstance(value, str) and value.startswith("@") else value


def sample_items():
    story = json.loads((ROOT / "plugin/sample/story.json").read_text())
    return [with_real_times(item) for delivery in story["deliveries"] for item in delivery["items"]]


def raw_strings(*folders):
    """The texts that look like JSON in the tests' raw strings."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.cpp")):
            for _, text in RAW_STRING.findall(file.read_text()):
                if text.lstrip().startswith(("{", "[")):
                    yield text.strip()


def asking():
    return {"requester": REQUESTERS, "ticket": {"account": "hooked", "thread": "t-1", "partition": "sales"},
            "agent": {"id": "mia", "name": "Mia", "locale": "en", "time_zone": "Europe/Vienna"},
            "scopes": ["identity.see", "note.write"],
            "view": {"all": False, "partitions": ["hooked", "hooked/sales"], "internal_partitions": [], "threads": ["t-1"]}}


def host_json():
    yield asking()
    for pivot, cursor, chosen in [("history", "last", {"around": "12", "search": "box"}),
                                  ("history", "b1793700720000000.4096", {"channel": "mail"}),
                                  ("attributes", "n50", {"account": "7"}), ("evidence", "first", {"attribute": "9"}),
                                  ("engagement", "first", {"engagement": "9"})]:
        yield {**asking(), "pivot": pivot, "cursor": cursor, "filter": chosen, "if_version": "a1", "select": 1}
    for args in [{"text": "likes tea", "pinned": True, "link": {"kind": "ticket"}},
                 {"id": "77", "text": "likes coffee", "version": 2}, {"id": "77", "pinned": False},
                 {"text": "x", "link": {"kind": "engagement", "engagement": "12"}}]:
        yield {**asking(), "action": "note.add", "key": "k-00000001", "args": args}
    items = sample_items()
    yield {"account": "hooked", "items": items[:1]}
    yield {"account": "hooked", "items": items[1:4]}
    yield {"account": "nobody", "items": [{}]}


def config():
    tokens = {"audience": "identities", "keys": [{"kid": "desk", "issuer": "support", "secret": "desk_token"}]}
    hdhost = {"manifest": "plugin.json", "listen": "127.0.0.1:8480", "status_listen": "unix:/run/status",
              "ports_file": "ports.json", "threads": 4, "queue": 64, "cors_origins": ["https://desk.example"],
              "frame_ancestors": ["https://desk.example:8443"], "limits": {"connections": 10, "body_bytes": 4096}}
    database = {"url": "sqlite:/var/lib/identities/identities.db", "connections": 8}
    yield {"database": database, "public_url": "https://help.shop.example",
           "sidebar": {"facts": ["buying.spent", "loyalty.tier"], "mailbox_domains": ["mail.example"]}, "hdhost": hdhost}
    yield {"database": database, "hdhost": {**hdhost, "tokens": tokens, "desk": {"pages": "desk", "data": "desk.json"}},
           "secrets": {"desk_token": {"file": "desk_token"}, "master_key": {"file": "/nowhere/master_key"}}}
    yield {"database": {"url": "mysql://"}, "hdhost": {"manifest": "plugin.json", "listen": "0.0.0.0:80"}}
    yield {"database": database, "secrets": {"open": {"file": "/etc/hostname"}}}


def tokens():
    claims = {"iss": "support", "aud": "identities", "sub": "mia", "name": "Mia", "locale": "en", "scopes": ["identity.see"],
              "view": {"all": False, "partitions": ["support"], "threads": ["t-1"]},
              "ticket": {"account": "support", "thread": "t-1"}, "requesters": REQUESTERS,
              "iat": 1793700720, "nbf": 1793700720, "exp": 1793701020}
    good = {"alg": "HS256", "typ": "JWT", "kid": "desk"}
    for header in [good, {**good, "alg": "none"}, {**good, "alg": "HS512"}, {**good, "kid": "other"}, {"alg": "HS256"}]:
        yield json.dumps(header) + "\n" + json.dumps(claims)
    for name, value in [("exp", 1793701321), ("iat", 1793700900), ("aud", ["identities"]), ("sub", ""), ("requesters", []),
                        ("view", {"all": True}), ("exp", 1 << 63)]:
        yield json.dumps(good) + "\n" + json.dumps({**claims, name: value})
    yield "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImRlc2sifQ.eyJpc3MiOiJzdXBwb3J0In0.AAAA"


def quoted_strings(file):
    """The short texts of a test's tables, such as addresses, numbers and names."""
    return re.findall(r'"((?:[^"\\\n]|\\")+)"', (ROOT / file).read_text(encoding="utf-8"))


def rules():
    yield (ROOT / "plugin/sample/rules.json").read_text()
    yield json.dumps({"folding": [{"domains": ["gmail.com", "googlemail.com"], "dots": True, "plus_tag": True}],
                      "blocked_values": ["help@shop.example", "+61293744000", "crm:7"], "role_local_parts": ["info"],
                      "shared_names": 3, "shared_customer_ids": 3, "recycle_after_days": 180, "max_emails": 5, "max_mobiles": 3,
                      "max_landlines": 2, "max_identifiers": 25, "max_records": 10, "max_joined": 2})


def seeds():
    items = [json.dumps(item) for item in sample_items()[::12]]
    several = [json.dumps(sample_items()[at:at + 3]) for at in (0, 40, 80)]
    bodies = items + several + list(raw_strings("tests/unit"))
    configs = [*map(json.dumps, config()), *raw_strings("tests/contract/support")]
    return {
        "webhook_decode": bodies,
        "webhook_apply": bodies,
        "signature": [],
        "manifest": [(MANIFEST / "plugin.json").read_text(), *raw_strings("tests/contract")],
        "config": configs,
        "plugin_config": configs,
        "host_json": [*map(json.dumps, host_json()), *raw_strings("tests/unit")],
        "cursor": [],
        "email": sorted({*quoted_strings("tests/unit/normalise_test.cpp"), *quoted_strings("tests/unit/lookalike_test.cpp")}),
        "phone": [region + text for text in sorted(set(quoted_strings("tests/unit/normalise_test.cpp"))) for region in "\0\1\2"
                  if any(c.isdigit() for c in text)],
        "name": ["\n".join(pair) for pair in zip(*[iter(quoted_strings("tests/unit/name_test.cpp"))] * 2)],
        "rules": [*rules(), *raw_strings("tests/unit")],
        "token": list(tokens()),
    }


def words_of(schema):
    """Names and fixed words of a JSON schema."""
    if isinstance(schema, dict):
        for name, each in schema.items():
            if name == "properties":
                yield from each
            if name == "enum":
                yield from (word for word in each if isinstance(word, str))
            yield from words_of(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from words_of(each)


def quoted(text):
    return '"' + "".join(chr(c) if c < 128 and (chr(c).isalnum() or chr(c) in " ._/:-") else f"\\x{c:02x}" for c in text.encode()) + '"'


def dictionary(target):
    own = HERE / "seeds" / f"{target}.words"
    words = set(own.read_text().split("\n")) if own.exists() else set()
    schemas = {"webhook_decode": ["engagement"], "webhook_apply": ["engagement"], "rules": ["rules"],
               "host_json": ["panel_request", "action", "event", "engagement"]}
    for name in schemas.get(target, []):
        words |= {f'"{word}"' for word in words_of(json.loads((MANIFEST / f"schemas/{name}.json").read_text()))}
    if target in ("config", "plugin_config"):
        words |= {f'"{word}"' for word in words_of(json.loads((MANIFEST / "config.schema.json").read_text()))}
    if target in ("manifest", "config", "plugin_config", "token"):
        words |= {f'"{name}"' for text in seeds()[target] for name in re.findall(r'"([a-z_.]+)"', text)}
    return sorted(word for word in words if word)


def main(folder):
    for target, texts in seeds().items():
        into = folder / target
        into.mkdir(parents=True, exist_ok=True)
        own = HERE / "seeds" / target
        contents = [text.encode() for text in texts]
        if own.is_dir():
            contents += [file.read_bytes() for file in sorted(own.iterdir())]
        if not contents:
            sys.exit(f"{target} has no seed")
        for content in contents:
            (into / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
        (folder / f"{target}.dict").write_text("".join(quoted(word) + "\n" for word in dictionary(target)))


main(pathlib.Path(sys.argv[1]))
