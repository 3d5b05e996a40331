#!/usr/bin/env bash
# The top level holds CMakeLists.txt, README.md, LICENSE, CMakePresets.json, the five folders and dot-files; no unfinished marks in the sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
outcome=0
while read -r name; do
  case $name in
    CMakeLists.txt | CMakePresets.json | README.md | LICENSE | manifest | sdk | plugin | sql | tests | .*) ;;
    *) echo "not at the top level: $name"; outcome=1 ;;
  esac
done < <(git ls-files | cut -d/ -f1 | sort -u)
if git grep -InE '\b(TO''DO|FIX''ME|XX''X)\b' -- ':!*package-lock.json'; then outcome=1; fi
exit "$outcome"
