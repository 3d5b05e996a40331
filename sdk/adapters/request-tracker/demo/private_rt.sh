#!/usr/bin/env bash
# private_rt.sh: a Request Tracker of one's own in one folder, from Debian's packages: database, configuration, web
# server; nothing outside that folder and a port of loopback is touched. For the demo and the tests.
#   private_rt.sh make FOLDER [--database mysql|pg|sqlite] [--port N] [--path /PATH] [--template FOLDER]
#                                 writes configuration and an initialised database. A template folder keeps the database for the next time.
#   private_rt.sh start FOLDER [database|web]    starts both, or one; returns when it answers
#   private_rt.sh also FOLDER NAME COMMAND...    starts a process beside them, which a stop of all stops, too
#   private_rt.sh stop FOLDER [database|web]     stops all, or one
#   private_rt.sh run FOLDER COMMAND...          runs a command with this RT's environment
# Beside it, FOLDER/etc/more takes more configuration, FOLDER/plugins takes plugins, and FOLDER/mail holds what RT sent.
# PRIVATE_RT_PASSWORD is the password of all users that seed.pl makes. Process ids are in FOLDER/run, logs in
# FOLDER/log.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rt=/usr/share/request-tracker5
password=${PRIVATE_RT_PASSWORD:-identities}

fail() {
  echo "private_rt: $*" >&2
  exit 1
}

fail_with_log() {
  [ ! -s "$2" ] || tail -n 20 "$2" >&2
  fail "$1; all of it is in $2"
}

# ---- Processes: told from others that got the same id by the time of their start
# --------------------------------------------------

# started PID: when, in clock ticks since boot; nothing for one that ended. The name before it may hold anything, but
# for its last bracket.
started() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -r -a fields <<<"${stat##*) }"
  [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

running() {
  local pid since
  read -r pid since 2>/dev/null <"$folder/run/$1.pid" || return 1
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ] && echo "$pid"
}

# start_process NAME READY COMMAND...: returns when READY succeeds.
start_process() {
  local name=$1 ready=$2 i
  shift 2
  if running "$name" >/dev/null; then return 0; fi
  setsid "$@" </dev/null >>"$folder/log/$name.log" 2>&1 9>&- &
  echo "$! $(started $!)" >"$folder/run/$name.pid"
  for ((i = 0; i < 600; i++)); do
    if "$ready"; then return 0; fi
    running "$name" >/dev/null || break
    sleep 0.05
  done
  stop_process "$name"
  fail_with_log "the $name did not start" "$folder/log/$name.log"
}

stop_process() {
  local pid i
  pid=$(running "$1") || { rm -f "$folder/run/$1.pid"; return 0; }
  # A stopped process takes no signal but these two.
  kill -CONT "$pid" 2>/dev/null || true
  kill -TERM "$pid" 2>/dev/null || true
  for ((i = 0; i < 400; i++)); do
    running "$1" >/dev/null || break
    sleep 0.05
  done
  if pid=$(running "$1"); then kill -KILL "$pid" 2>/dev/null || true; fi
  rm -f "$folder/run/$1.pid"
}

# ---- Database
# -------------------------------------------------------------------------------------------------------------------

database_kind() { cat "$folder/etc/database"; }

query() { mariadb --no-defaults --user=root --socket="$folder/run/mysqld.sock" "$@"; }

database_answers() { query -e 'select 1' >/dev/null 2>&1; }

# PostgreSQL refuses to be run by root; Debian's package has a user for it.
as_database_user() {
  local -a user=()
  [ "$(id -u)" != 0 ] || user=(setpriv --reuid=postgres --regid=postgres --init-groups)
  "${user[@]}" "$@"
}

postgres_programs() { compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1; }

postgres_answers() { "$(postgres_programs)/pg_isready" --quiet --host="$folder/run"; }

start_database() {
  local -a user=()
  case $(database_kind) in
    mysql) start_process database database_answers /usr/sbin/mariadbd --defaults-file="$folder/etc/my.cnf" ;;
    pg)
      [ "$(id -u)" != 0 ] || user=(setpriv --reuid=postgres --regid=postgres --init-groups)
      start_process database postgres_answers "${user[@]}" "$(postgres_programs)/postgres" -D "$folder/db" -k "$folder/run" \
        -c listen_addresses= -c shared_buffers=32MB
      ;;
  esac
}

write_database_settings() {
  case $(database_kind) in
    mysql)
      cat >"$folder/etc/my.cnf" <<END
[mariadbd]
datadir=$folder/db
socket=$folder/run/mysqld.sock
tmpdir=$folder/tmp
skip-networking
max_allowed_packet=64M
innodb_buffer_pool_size=128M
innodb_log_file_size=32M
character-set-server=utf8mb4
lc-messages-dir=/usr/share/mysql
END
      [ "$(id -u)" != 0 ] || echo "user=root" >>"$folder/etc/my.cnf"
      cat <<END
Set(\$DatabaseType, 'mysql');
Set(\$DatabaseHost, 'localhost');
Set(\$DatabaseRTHost, 'localhost');
Set(\$DatabasePort, '');
Set(\$DatabaseUser, 'rt_user');
Set(\$DatabasePassword, 'rt_password');
Set(\$DatabaseName, 'rt5');
Set(%DatabaseExtraDSN, mysql_socket => '$folder/run/mysqld.sock');
END
      ;;
    pg)
      cat <<END
Set(\$DatabaseType, 'Pg');
Set(\$DatabaseHost, '$folder/run');
Set(\$DatabasePort, '');
Set(\$DatabaseUser, 'rt_user');
Set(\$DatabasePassword, 'rt_password');
Set(\$DatabaseName, 'rt5');
END
      ;;
    sqlite)
      cat <<END
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$folder/db/rt.sqlite');
END
      ;;
  esac
}

# Makes the database and its users. rt-setup-database asks for a password on standard input although one is given.
initialise_database() {
  local log=$folder/log/setup.log
  local -a as_root=()
  case $(database_kind) in
    mysql)
      mariadb-install-db --defaults-file="$folder/etc/my.cnf" --datadir="$folder/db" --auth-root-authentication-method=normal \
        --skip-test-db >"$log" 2>&1 || fail_with_log "mariadb-install-db failed" "$log"
      as_root=(--dba root --dba-password '')
      export RT_DBA_USER=root
      ;;
    pg)
      as_database_user "$(postgres_programs)/initdb" -D "$folder/db" --username=postgres --auth=trust --encoding=UTF8 --no-sync \
        >"$log" 2>&1 || fail_with_log "initdb failed" "$log"
      as_root=(--dba postgres --dba-password '')
      ;;
    sqlite) as_root=(--skip-create) ;;
  esac
  start_database
  printf %s "$password" >"$folder/tmp/root.pw"
  rt-setup-database-5 --action init "${as_root[@]}" --root-password-file "$folder/tmp/root.pw" </dev/null >>"$log" 2>&1 ||
    fail_with_log "RT's database could not be made" "$log"
  rm -f "$folder/tmp/root.pw"
  PRIVATE_RT_PASSWORD=$password perl "$here/seed.pl" >>"$log" 2>&1 || fail_with_log "queues and users could not be made" "$log"
}

# One template for each state of what makes it, so that a changed script or package makes a new one.
template_name() {
  local versions
  versions=$(dpkg-query -W -f '${Version} ' request-tracker5 mariadb-server-core)$(postgres_programs)
  echo "$(database_kind)-$({ echo "$versions$password"; cat "$here/private_rt.sh" "$here/seed.pl"; } | sha256sum | cut -c1-16)"
}

fill_database() {
  local template=$1 kept
  if [ -z "$template" ]; then
    initialise_database
    return 0
  fi
  mkdir -p "$template"
  kept=$(cd "$template" && pwd)/$(template_name)
  # Tests that start at the same time make one template and wait for it.
  exec 9>"$kept.lock"
  flock 9
  if [ ! -d "$kept" ]; then
    initialise_database
    stop_process database
    rm -rf "$kept.new"
    cp -a "$folder/db" "$kept.new"
    mv "$kept.new" "$kept"
  else
    rm -rf "$folder/db"
    cp -a "$kept" "$folder/db"
  fi
  exec 9>&-
}

# ---- Web server
# -----------------------------------------------------------------------------------------------------------------

web_port() { sed -n "s/^Set(\$WebPort, \([0-9]*\));/\1/p" "$RT_SITE_CONFIG"; }

web_path() { sed -n "s/^Set(\$WebPath, '\(.*\)');/\1/p" "$RT_SITE_CONFIG"; }

web_answers() {
  local line
  exec 8<>"/dev/tcp/127.0.0.1/$(web_port)" || return 1
  printf 'GET %s/NoAuth/Login.html HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$(web_path)" >&8
  read -r -t 20 line <&8 || line=
  exec 8>&-
  [[ $line == *" 200 "* ]]
} 2>/dev/null

# A worker that waits for a kept connection serves nobody else; in production a proxy stands before it.
start_web() {
  local -a below=()
  [ -z "$(web_path)" ] || below=(--webpath "$(web_path)")
  start_process web web_answers "$rt/libexec/rt-server" --server Starman --host 127.0.0.1 --port "$(web_port)" --workers 2 \
    --disable-keepalive "${below[@]}"
}

free_port() {
  local port
  for ((port = 8500; port < 8700; port++)); do
    (exec 8<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return 0; }
  done
  fail "no free port between 8500 and 8699"
}

write_configuration() {
  cat >"$RT_SITE_CONFIG" <<END
# All that RT writes stays in this folder.
\$RT::VarPath = '$folder/var';
\$RT::MasonDataDir = '$folder/var/mason_data';
\$RT::MasonSessionDir = '$folder/var/session_data';
\$RT::LocalPath = '$folder/local';
\$RT::LocalPluginPath = '$folder/plugins';
\$RT::MasonLocalComponentRoot = '$folder/local/html';
\$RT::LocalStaticPath = '$folder/local/static';
\$RT::LocalLexiconPath = '$folder/local/po';
\$Mail::Mailer::testfile::config{outfile} = '$folder/mail';

Set(\$rtname, 'example.test');
Set(\$Organization, 'example.test');
Set(\$CorrespondAddress, 'support\@example.test');
Set(\$CommentAddress, 'support-comment\@example.test');
Set(\$OwnerEmail, 'root\@example.test');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $1);
Set(\$WebPath, '$2');
Set(\$WebBaseURL, 'http://127.0.0.1:$1');
Set(\$MailCommand, 'testfile');
Set(\$LogToSyslog, undef);
Set(\$LogToSTDERR, 'warning');
Set(\$Timezone, 'UTC');
Set(\$BcryptCost, 10);
$(write_database_settings)
# RT itself reads the folder of RT_SITE_CONFIG_DIR twice, and takes a plugin that it names for two.
for my \$file (sort glob '$folder/etc/more/*.pm') {
    do \$file or die "\$file: " . (\$@ || \$!);
}
1;
END
}

# ---- Commands
# -------------------------------------------------------------------------------------------------------------------

use_folder() {
  folder=$1
  export RT_SITE_CONFIG=$folder/etc/RT_SiteConfig.pm RT_SITE_CONFIG_DIR=$folder/etc/none
  export PERL5LIB=$rt/lib TMPDIR=$folder/tmp LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin
}

make() {
  local database=mysql port='' path='' template=''
  while [ $# -gt 0 ]; do
    case $1 in
      --database) database=$2 ;;
      --port) port=$2 ;;
      --path) path=$2 ;;
      --template) template=$2 ;;
      *) fail "no option \"$1\"" ;;
    esac
    shift 2
  done
  [[ $database == mysql || $database == pg || $database == sqlite ]] || fail "--database: expected mysql, pg or sqlite, found \"$database\""
  [ ! -e "$folder/etc" ] || fail "$folder holds an RT already; remove the folder to make a new one"
  [ ${#folder} -le 85 ] || fail "the path of $folder is too long for the database's Unix socket: expected at most 85 bytes, found ${#folder}"
  [ -x "$rt/libexec/rt-server" ] || fail "request-tracker5 is not installed; sdk/packages.sh install rt installs it"
  mkdir -p "$folder"/{etc/more,db,run,tmp,log,plugins,local/{html,static,po},var/{mason_data,session_data}}
  chmod 700 "$folder"
  if [ "$database" = pg ]; then
    [ -n "$(postgres_programs)" ] || fail "postgresql is not installed; sdk/packages.sh install rt-test installs it"
    if [ "$(id -u)" = 0 ]; then
      chmod 711 "$folder"
      chown postgres: "$folder/db" "$folder/run"
    fi
  fi
  echo "$database" >"$folder/etc/database"
  write_configuration "${port:-$(free_port)}" "$path"
  fill_database "$template"
}

start() {
  [ "${1:-}" = web ] || start_database
  [ "${1:-}" = database ] || start_web
}

also() {
  local name=$1
  shift
  [[ $name =~ ^[a-z]+$ && $name != web && $name != database ]] || fail "expected a name of small letters, found \"$name\""
  start_process "$name" true "$@"
}

stop() {
  local file
  if [ $# -gt 0 ]; then
    stop_process "$1"
    return 0
  fi
  stop_process web
  for file in "$folder"/run/*.pid; do
    [[ $file == */database.pid || ! -e $file ]] || stop_process "$(basename "$file" .pid)"
  done
  stop_process database
}

[ $# -ge 2 ] || { sed -n '2,12p' "$0" >&2; exit 2; }
task=$1
[ "$task" != make ] || mkdir -p "$2"
[ -d "$2" ] || fail "there is no folder $2"
use_folder "$(cd "$2" && pwd)"
shift 2
[ "$task" = make ] || [ -e "$RT_SITE_CONFIG" ] || fail "$folder holds no RT; private_rt.sh make $folder makes one"
case $task in
  make | start | also | stop) "$task" "$@" ;;
  run) exec "$@" ;;
  *) fail "no command \"$task\"; there are make, start, also, stop, run" ;;
esac
