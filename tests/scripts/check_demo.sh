#!/usr/bin/env bash
# The demo comes up from the release build, serves desk and sidebar, keeps its data on a second run, heals a half-made state, and removes
# what it made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(mktemp -d)
export DEMO_STATE=$folder/demo DEMO_PRESET=release
trap 'sdk/demo.sh --stop >/dev/null; rm -rf "$folder"' EXIT

expect() {
  local what=$1
  shift
  "$@" || { echo "not so: $what" >&2; exit 1; }
  echo "$what"
}

up() {
  sdk/demo.sh --yes >"$folder/out" || { cat "$folder/out" >&2; exit 1; }
  at=$(sed -n 's#^ *\(http://127\.0\.0\.1:[0-9]*\)/desk/$#\1#p' "$folder/out")
}

serves() {
  curl -fsS -o "$folder/answer" "${@:3}" "$at$1" && grep -q "$2" "$folder/answer"
}

silent() { ! curl -fs -o /dev/null "$at/desk/"; }

up
expect "the desk is served" serves /desk/ desk.js
expect "the element is served" serves /assets/identities/ui/identities-sidebar.js customElements
expect "the desk knows where webhooks go" serves /desk/api/desk '"secret"'
expect "an agent gets a token" serves /desk/api/token '"token"' -H 'content-type: application/json' -d '{"agent":"mia","ticket":"482"}'
cp "$DEMO_STATE/desk.json" "$folder/before"
up
expect "a second run says that it runs" grep -q "runs already" "$folder/out"
sdk/demo.sh --stop
expect "it is stopped" silent
up
expect "its data was kept" cmp "$DEMO_STATE/desk.json" "$folder/before"
sdk/demo.sh --stop
rm "$DEMO_STATE/ready"
up
expect "a half-made state heals" serves /desk/ desk.js
