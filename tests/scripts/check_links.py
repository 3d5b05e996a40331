"""Every file that a Markdown document of the project links to exists."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
names = subprocess.run(["git", "-C", root, "ls-files", "*.md"], check=True, capture_output=True, text=True).stdout.split("\n")
faults = []
documents = [root / name for name in names if name]
for document in documents:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not (document.parent / target.split("#")[0]).exists():
            faults.append(f"{document.relative_to(root)}: {target}")
print("\n".join(faults) or f"{len(documents)} documents")
if not (root / "README.md").exists():
    faults.append("README.md")
    print("README.md is missing")
sys.exit(bool(faults))
