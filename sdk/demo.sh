#!/usr/bin/env bash
# demo.sh: a small helpdesk with the sidebar and its sample data, on this machine.
#   sdk/demo.sh            installs what is missing (after asking), builds, loads the sample, starts; run again, it keeps the data
#   sdk/demo.sh --yes      the same without a question
#   sdk/demo.sh --fresh    loads the sample anew
#   sdk/demo.sh --stop     stops the demo; data and build stay
#   sdk/demo.sh --remove   stops it and removes data and build
# Everything of it is in .demo/ and .build/demo/ of this project. Its address is on this machine only (127.0.0.1).
# A test gives another state folder and build preset as DEMO_STATE and DEMO_PRESET.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=${DEMO_STATE:-$root/.demo}
preset=${DEMO_PRESET:-demo}
build=$root/.build/$preset
hdhost=$build/sdk/server/hdhost
identities=$build/plugin/cli/identities
# shellcheck source=sdk/demo_steps.sh
. "$root/sdk/demo_steps.sh"

# ---- Servers: "main" serves desk and sidebar, "stopped" is the one whose database is not there ----------------------------------

# Prints the id of a running server; the command line tells it from another process that got the same id.
running() {
  local pid
  pid=$(cat "$state/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$state/$1/identities.json" || return 1
  echo "$pid"
}

stop() {
  local name pid i
  for name in main stopped; do
    pid=$(running "$name") || { rm -f "$state/$name.pid"; continue; }
    kill "$pid" 2>/dev/null || true
    for ((i = 0; i < 100; i++)); do
      running "$name" >/dev/null || break
      sleep 0.1
    done
    pid=$(running "$name") && kill -KILL "$pid" 2>/dev/null
    rm -f "$state/$name.pid"
  done
}

# answers PORT PATH: whether a server there answers 200.
answers() {
  local line
  exec 8<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$2" "$1" >&8
  read -r -t 2 line <&8 || line=
  exec 8>&-
  [[ $line == *" 200 "* ]]
} 2>/dev/null

# start NAME PORT PATH: returns when PATH answers.
start() {
  local i
  setsid "$hdhost" --config "$state/$1/identities.json" </dev/null >"$state/log/$1.log" 2>&1 9>&- &
  echo $! >"$state/$1.pid"
  for ((i = 0; i < 100; i++)); do
    answers "$2" "$3" && return 0
    kill -0 "$(cat "$state/$1.pid")" 2>/dev/null || break
    sleep 0.1
  done
  stop
  fail_with_log "the server did not start; sdk/demo.sh --fresh makes its data anew" "$state/log/$1.log"
}

# ---- Steps ----------------------------------------------------------------------------------------------------------------------

# Writes both configurations and loads the sample. Without "ready", which is written once the servers are up, all is made anew.
initialise() {
  local log=$state/log/load.log
  rm -rf "$state/main" "$state/stopped" "$state/desk.json" "$state/ready"
  main_port=$(free_port 8420)
  stopped_port=$(free_port $((main_port + 1)))
  printf '%s %s\n' "$main_port" "$stopped_port" >"$state/ports"
  echo "Loading the sample ..."
  {
    "$identities" init "$state/main" --manifest "$build/identities/plugin.json" \
      --listen "127.0.0.1:$main_port" --status-listen 127.0.0.1:0 \
      --desk-pages "$root/sdk/server/desk" --desk-data "$state/desk.json" \
      --mailbox-domain mail.example --mailbox-domain post.example &&
      "$identities" init "$state/stopped" --manifest "$build/identities/plugin.json" \
        --listen "127.0.0.1:$stopped_port" --status-listen 127.0.0.1:0 --cors "http://127.0.0.1:$main_port" \
        --database "sqlite:$state/stopped/not-there/identities.db" &&
      "$identities" migrate --config "$state/main/identities.json" &&
      "$identities" sample load "$root/plugin/sample/story.json" --config "$state/main/identities.json" \
        --desk "$state/desk.json" --stopped-host "http://127.0.0.1:$stopped_port"
  } >"$log" 2>&1 </dev/null || fail_with_log "the sample could not be loaded" "$log"
  # Both servers accept the same tokens.
  cp -p "$state/main/desk_token" "$state/stopped/desk_token"
}

# On a later run: new code may bring new tables, and another program may have taken a port meanwhile.
refresh() {
  local log=$state/log/load.log port moved
  "$identities" migrate --config "$state/main/identities.json" >"$log" 2>&1 || fail_with_log "the migration failed" "$log"
  read -r main_port stopped_port <"$state/ports"
  for port in main_port stopped_port; do
    port_taken "${!port}" || continue
    moved=$(free_port $((main_port > stopped_port ? main_port + 1 : stopped_port + 1)))
    sed -i "s/127\.0\.0\.1:${!port}\b/127.0.0.1:$moved/g" "$state"/{main,stopped}/identities.json "$state/desk.json"
    printf -v "$port" %s "$moved"
  done
  printf '%s %s\n' "$main_port" "$stopped_port" >"$state/ports"
}

show_address() {
  read -r main_port stopped_port <"$state/ports"
  echo
  echo "  http://127.0.0.1:$main_port/desk/"
  echo
  echo "Stop it with: sdk/demo.sh --stop      Remove all of it with: sdk/demo.sh --remove"
}

up() {
  local began=$SECONDS built started
  mkdir -p "$state/log"
  if [ -z "$fresh" ] && [ -e "$state/ready" ] && running main >/dev/null && running stopped >/dev/null; then
    echo "The demo runs already."
    show_address
    return 0
  fi
  stop
  install_missing demo
  local installed=$((SECONDS - began))
  build
  built=$((SECONDS - began - installed))
  if [ -z "$fresh" ] && [ -e "$state/ready" ]; then refresh; else initialise; fi
  start stopped "$stopped_port" /healthz
  start main "$main_port" /healthz
  touch "$state/ready"
  started=$((SECONDS - began - installed - built))
  echo "Installed in $installed s, built in $built s, loaded and started in $started s."
  show_address
}

remove() {
  stop
  local -a installed=()
  [ -e "$state/installed" ] && mapfile -t installed < <(sort -u "$state/installed")
  rm -rf "$state" "$build"
  rmdir "$root/.build" 2>/dev/null || true
  echo "Removed .demo and .build/demo."
  tell_installed "${installed[@]}"
}

yes='' fresh='' task=up
for argument; do
  case $argument in
    --yes | -y) yes=1 ;;
    --fresh) fresh=1 ;;
    --stop) task=stop ;;
    --remove) task=remove ;;
    --help | -h) sed -n '2,9p' "$0"; exit 0 ;;
    *) echo "demo: no option \"$argument\"" >&2; sed -n '2,9p' "$0" >&2; exit 2 ;;
  esac
done
[ "$task" = up ] || [ -d "$state" ] || [ -d "$build" ] || { echo "There is no demo here."; exit 0; }
mkdir -p "$state"
exec 9>"$state/lock"
flock -n 9 || fail "another demo.sh is at work here"
"$task"
[ "$task" != stop ] || echo "Stopped. Run sdk/demo.sh to start it again."
