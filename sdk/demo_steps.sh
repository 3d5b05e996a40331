# shellcheck shell=bash disable=SC2154  # Its variables are its caller's.
# demo_steps.sh: what the demos have in common; sourced by them, which set root, state, build, preset and yes.
# shellcheck source=sdk/packages.sh
. "$root/sdk/packages.sh"

fail() {
  echo "demo: $*" >&2
  exit 1
}

# The end of a log, when a step fails.
fail_with_log() {
  tail -n 15 "$2" >&2
  fail "$1; all of it is in ${2#"$root"/}"
}

port_taken() {
  (exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port FIRST: the first port from there on where nothing listens.
free_port() {
  local port
  for ((port = $1; port < $1 + 200; port++)); do
    port_taken "$port" || { echo "$port"; return 0; }
  done
  fail "no free port between $1 and $(($1 + 199))"
}

# install_missing GROUP...: of packages.sh, after asking; what was installed is written down for --remove.
install_missing() {
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "These Debian packages are missing and will be installed with apt-get:"
  printf '  %s\n' "${missing[*]}" | fold -s -w 100
  root_command >/dev/null || fail "ask an administrator for: apt-get install --no-install-recommends ${missing[*]}"
  if [ -z "$yes" ]; then
    [ -t 0 ] || fail "there is no terminal to ask on; run it with --yes to install them"
    read -r -p "Install them now? [y/N] " answer
    [[ $answer == [yY]* ]] || fail "nothing was installed"
  fi
  install_packages "${missing[@]}" || fail "the packages could not be installed"
  printf '%s\n' "${missing[@]}" >>"$state/installed"
}

build() {
  local log=$state/log/build.log
  local -a configure=(cmake --preset "$preset")
  # At -O3 GCC 12 warns of a std::string::replace that is sound (its bug 105651), and warnings are errors here.
  echo "Building ..."
  if ! (cd "$root" && "${configure[@]}") >"$log" 2>&1; then
    # A folder that another source tree or a broken run left behind.
    rm -rf "$build"
    (cd "$root" && "${configure[@]}") >"$log" 2>&1 || fail_with_log "cmake failed" "$log"
  fi
  (cd "$root" && cmake --build --preset "$preset") >>"$log" 2>&1 || fail_with_log "the build failed" "$log"
}

# After the state is gone: which packages the demo brought.
tell_installed() {
  [ $# -gt 0 ] || return 0
  echo "These packages were installed for the demo and are still there; as root:"
  echo "  apt-get remove $* && apt-get autoremove"
}
