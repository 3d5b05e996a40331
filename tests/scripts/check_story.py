"""The sample's deliveries are what manifest/schemas/engagement.json asks for, and what its desk names exists."""
import json
import pathlib
import re
import sys

from jsonschema import Draft7Validator

root = pathlib.Path(__file__).resolve().parents[2]
story = json.loads((root / "plugin/sample/story.json").read_text(encoding="utf-8"))
schema = Draft7Validator(json.loads((root / "manifest/schemas/engagement.json").read_text(encoding="utf-8")))
span = re.compile(r"@(now|-(?=\d)(\d+d)?(\d+h)?(\d+m)?)")
rules = Draft7Validator(json.loads((root / "manifest/schemas/rules.json").read_text(encoding="utf-8")))
faults = [f"rules: {error.message[:200]}" for error in rules.iter_errors(json.loads((root / "plugin/sample" / story["rules"]).read_text(encoding="utf-8")))]


def with_times(value):
    if isinstance(value, dict):
        return {key: with_times(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_times(inner) for inner in value]
    return "2026-01-01T00:00:00Z" if isinstance(value, str) and span.fullmatch(value) else value


def check(where, item):
    for error in schema.iter_errors(with_times(item)):
        inner = min(error.context, key=lambda one: len(one.message), default=error)
        faults.append(f"{where}: /{'/'.join(map(str, inner.absolute_path))}: {inner.message[:200]}")


accounts = {account["name"] for account in story["accounts"]}
customers, messages = set(), {}
for delivery in story["deliveries"]:
    if delivery["account"] not in accounts:
        faults.append(f"deliveries: no account {delivery['account']}")
    if not 1 <= len(delivery["items"]) <= 500:
        faults.append(f"{delivery['account']}: {len(delivery['items'])} items in one delivery")
    for index, item in enumerate(delivery["items"]):
        check(f"{delivery['account']}, item {index}", item)
        data = item["data"]
        if "customer" in data:
            customers.add((delivery["account"], data["customer"]["id"]))
        if item["type"] == "engagement.created":
            messages.setdefault((delivery["account"], data["thread"]["id"]), []).append((data["occurred_at"], data["text"]))

desk = story["desk"]
agents = {agent["id"] for agent in desk["agents"]}
tickets = {ticket["id"]: ticket for ticket in desk["tickets"]}
for note in story["notes"]:
    if (note["account"], note["customer"]) not in customers or note["agent"] not in agents:
        faults.append(f"note {note['text'][:40]!r}: no such customer or agent")
for ticket in tickets.values():
    delivered = sorted(messages.get((ticket["account"], ticket["id"]), []))
    if sorted((message["at"], message["text"]) for message in ticket["messages"]) != delivered:
        faults.append(f"ticket {ticket['id']}: its messages are not those delivered to account {ticket['account']}")
for button in desk["deliveries"]:
    check(f"desk, {button['label']}", button["item"])
    if button["ticket"] not in tickets or button["account"] not in accounts:
        faults.append(f"desk, {button['label']}: no such ticket or account")
    if "{n}" not in json.dumps(button["item"]):
        faults.append(f"desk, {button['label']}: no {{n}}, so it could be pressed only once")

print("\n".join(faults) or f"{sum(len(d['items']) for d in story['deliveries'])} items, {len(tickets)} tickets")
sys.exit(bool(faults))
