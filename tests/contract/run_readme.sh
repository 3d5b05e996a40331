#!/usr/bin/env bash
# run_readme.sh SOURCE_FOLDER BUILD_FOLDER: runs the commands of sdk/README.md as they stand there, in a private folder that
# looks like the top of the repository, with a private home. Then builds the template against an installed SDK.
set -euo pipefail
source=$1 build=$2
home=$(mktemp -d /tmp/readme-XXXXXX)
log=$home/log
trap 'rm -rf "$home"' EXIT
mkdir -p "$home/top/.build"
ln -s "$source/sdk" "$home/top/sdk"
ln -s "$build" "$home/top/.build/release"

# block LANGUAGE: all code blocks of that language, one after the other.
block() { awk -v fence="\`\`\`$1" '$0 == fence {on = 1; next} /^```$/ {on = 0} on' "$source/sdk/README.md"; }

fail() {
  echo "expected $1, found:"
  cat "$log"
  exit 1
}

block c >"$home/host.c"
# A server that is left by a failed command is stopped by its pid.
{
  printf '%s\n' 'set -euo pipefail' "trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT"
  block sh
  echo 'wait'
} >"$home/commands.sh"
for file in host.c commands.sh; do
  [ "$(wc -l <"$home/$file")" -gt 20 ] || { echo "expected blocks of sh and c in sdk/README.md, found none for $file"; exit 1; }
done
(cd "$home/top" && HOME=$home bash "$home/commands.sh") >"$log" 2>&1 || fail "that every command succeeds"
grep -q '^[0-9]* ok, 0 failed, 0 skipped$' "$log" || fail "that hdcheck passes"
[ "$(grep -o '{"greeting":"Hello Ada"}' "$log" | wc -l)" = 2 ] || fail "the greeting by hdhost and by the host in C"

cmake --install "$build" --component sdk --prefix "$home/installed" >"$log" 2>&1 || fail "that the SDK can be installed"
{
  cmake -S "$home/installed/share/helpdesk/template" -B "$home/second" -G Ninja -DHELPDESK_SDK="$home/installed" &&
    cmake --build "$home/second" &&
    "$home/installed/bin/hdcheck" "$home/second/bundle/plugin.json" --config "$home/greeter/config.json"
} >"$log" 2>&1 || fail "that the template builds against an installed SDK and passes"
grep -q '^[0-9]* ok, 0 failed, 0 skipped$' "$log" || fail "that hdcheck passes"
echo "sdk/README.md: all commands ran"
