"""Each schema of the manifest is a valid JSON Schema (draft 7), and every other JSON file there parses."""
import json
import pathlib
import sys

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

root = pathlib.Path(__file__).resolve().parents[2] / "manifest"
faults = 0
for path in sorted(root.rglob("*.json")):
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if path.parent.name == "schemas" or path.name.endswith(".schema.json"):
            Draft7Validator.check_schema(document)
    except (ValueError, SchemaError) as error:
        faults += 1
        print(f"{path.relative_to(root.parent)}: {error}")
sys.exit(faults > 0)
