#!/usr/bin/env bash
# demo.sh: Request Tracker 5 with Identities in it, on this machine: MariaDB, queues, agents, tickets, mail.
#   sdk/adapters/request-tracker/demo.sh            installs what is missing (after asking), builds, starts; run again, it keeps the data
#   sdk/adapters/request-tracker/demo.sh --yes      the same without a question
#   sdk/adapters/request-tracker/demo.sh --fresh    makes RT and its data anew
#   sdk/adapters/request-tracker/demo.sh --mail     reads a customer's mail from standard input and hands it to RT's mail gateway
#   sdk/adapters/request-tracker/demo.sh --stop     stops it; data and build stay
#   sdk/adapters/request-tracker/demo.sh --remove   stops it and removes data and build
# Everything of it is in .demo-rt/ and .build/demo/ of this project. Its address is on this machine only (127.0.0.1).
# A test gives another state folder and build preset as DEMO_STATE and DEMO_PRESET.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
state=${DEMO_STATE:-$root/.demo-rt}
preset=${DEMO_PRESET:-demo}
build=$root/.build/$preset
rt=$state/rt
identities=$build/plugin/cli/identities
config=$rt/identities/identities.json
# shellcheck source=sdk/demo_steps.sh
. "$root/sdk/demo_steps.sh"

private_rt() { "$here/demo/private_rt.sh" "$1" "$rt" "${@:2}"; }

# ---- Steps
# ----------------------------------------------------------------------------------------------------------------------

# RT with its database and users, Identities with the sample, the extension between them.
initialise() {
  local log=$state/log/make.log port
  private_rt stop >/dev/null 2>&1 || true
  rm -rf "$rt" "$state/ready"
  port=$(free_port 8520)
  # Nobody else on this machine knows it; the demo prints it.
  (umask 077 && openssl rand -hex 6 >"$state/password")
  echo "Making RT ..."
  {
    PRIVATE_RT_PASSWORD=$(cat "$state/password") private_rt make --port "$port" &&
      "$identities" init "$rt/identities" --manifest "$build/identities/plugin.json" --mailbox-domain mail.example --mailbox-domain post.example &&
      "$identities" migrate --config "$config" &&
      "$identities" sample load "$root/plugin/sample/story.json" --config "$config" --desk "$rt/identities/desk.json" &&
      "$identities" account add generic rt --label "RT" --provider request_tracker --config "$config" \
        --ticket-url "http://127.0.0.1:$port/Ticket/Display.html?id={thread}" &&
      ln -s "$here" "$rt/plugins/RT-Extension-Identities" &&
      write_settings &&
      private_rt start database &&
      private_rt run perl "$here/demo/tickets.pl"
  } >"$log" 2>&1 </dev/null || fail_with_log "RT could not be made" "$log"
  echo "$port" >"$state/port"
}

# What agents see of the sample's accounts. Ben, a trainee, sees neither WhatsApp nor what colleagues comment.
write_settings() {
  cat >"$rt/etc/more/identities.pm" <<END
Plugin('RT::Extension::Identities');
Set(%Identities,
    Library => '$build/sdk/host/libhelpdesk_host.so.1',
    Manifest => '$build/identities/plugin.json',
    Config => '$config',
    Account => 'rt',
    Accounts => {
        support => 1, 'support/Support' => { Group => 'Support team', Internal => 1 }, mail => 1, whatsapp => { Group => 'Support team' },
        instagram => 1, x => 1, shop => 1, crm => 1,
    },
);
1;
END
}

start() {
  local log=$state/log/start.log
  {
    "$identities" migrate --config "$config" && private_rt start && private_rt also jobs "$identities" work --config "$config" &&
      private_rt also sweep "$here/sbin/rt-identities-sweep" --every 5
  } >"$log" 2>&1 </dev/null || fail_with_log "RT did not start; --fresh makes it anew" "$log"
}

# hand_over ACTION: a mail from standard input, as a mail server does it.
hand_over() {
  rt-mailgate-5 --queue Support --action correspond --url "http://127.0.0.1:$(cat "$state/port")" || fail "RT took no mail"
}

first_mails() {
  hand_over <<'END'
From: Hanna Crane <hanna.crane@mail.example>
To: support@example.test
Subject: Loose front brake on the gravel bike
Message-ID: <demo-1@mail.example>

Hello,

since the last service the front brake of my gravel bike is loose. I ride to work every day, please help me soon.

Hanna
END
  hand_over <<'END'
From: Noor Aziz <noor.aziz@post.example>
To: support@example.test
Subject: First bike after twenty years
Message-ID: <demo-2@post.example>

Good morning,

I have not been on a bike for twenty years. Where do I begin?

Noor Aziz
END
}

show() {
  local port
  port=$(cat "$state/port")
  cat <<END

  http://127.0.0.1:$port/       log in as mia, tom, ben or root with the password $(cat "$state/password")

What to try:
  1. As mia, open "Loose front brake on the gravel bike": the customer is there with the page. Press g i, then 3 for her whole history.
  2. Select words of the message, press n, Ctrl+Enter. As tom (another browser), open any ticket of Hanna: the note is there.
  3. Send a customer's mail:  printf 'From: Hanna Crane <hanna.crane@mail.example>\nSubject: One more\n\nText.\n' | ${BASH_SOURCE[0]} --mail
  4. As ben, open the same ticket: no WhatsApp, no comments, nothing of HR. As hanna.crane@mail.example: SelfService without a trace of it.
  5. As root, Tools > Identities says how it is. Move $config away, send HUP to the process of
     $rt/run/web.pid: tickets go on, the sidebar says so; move it back.
What RT sent is in $rt/mail. Stop it with --stop, remove all of it with --remove.
END
}

up() {
  local began=$SECONDS
  mkdir -p "$state/log"
  install_missing demo rt
  build
  if [ -n "$fresh" ] || [ ! -e "$state/ready" ]; then
    initialise
    start
    first_mails
    touch "$state/ready"
  else
    start
  fi
  echo "Up after $((SECONDS - began)) s."
  show
}

mail() {
  [ -e "$state/ready" ] || fail "it does not run; start it first"
  hand_over
}

stop() {
  [ ! -e "$rt/etc" ] || private_rt stop
}

remove() {
  local -a installed=()
  stop
  [ -e "$state/installed" ] && mapfile -t installed < <(sort -u "$state/installed")
  rm -rf "$state" "$build"
  rmdir "$root/.build" 2>/dev/null || true
  echo "Removed ${state#"$root"/} and ${build#"$root"/}."
  tell_installed "${installed[@]}"
}

yes='' fresh='' task=up
for argument; do
  case $argument in
    --yes | -y) yes=1 ;;
    --fresh) fresh=1 ;;
    --mail) task=mail ;;
    --stop) task=stop ;;
    --remove) task=remove ;;
    --help | -h) sed -n '2,10p' "$0"; exit 0 ;;
    *) echo "demo: no option \"$argument\"" >&2; sed -n '2,10p' "$0" >&2; exit 2 ;;
  esac
done
[ "$task" = up ] || [ -d "$state" ] || { echo "There is no demo here."; exit 0; }
mkdir -p "$state"
exec 9>"$state/lock"
flock -n 9 || fail "another demo.sh is at work here"
"$task"
[ "$task" != stop ] || echo "Stopped. Run it again to start."
