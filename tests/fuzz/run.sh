#!/usr/bin/env bash
# run.sh: builds the fuzz targets with clang and runs them; ends with a table, and fails when an input broke one.
#   tests/fuzz/run.sh                     each target for five minutes, and on until it had a million inputs; two at a time
#   tests/fuzz/run.sh --seconds N         each for N seconds only; every seed and every earlier crash runs at least once
#   tests/fuzz/run.sh --only NAME         only that target; may stand several times
# The corpora grow in .build/fuzz-corpus/NAME, what broke a target stays in .build/fuzz-crashes/NAME and is tried again.
# Returns 77, and says so, where clang's runtime for fuzzing is not installed (libclang-rt-14-dev).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
seconds=300 least=1000000
only=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) shift; [[ ${1:-} =~ ^[1-9][0-9]*$ ]] || { echo "run.sh: --seconds needs a number" >&2; exit 2; }; seconds=$1 least=0 ;;
    --only) shift; [ $# -gt 0 ] || { echo "run.sh: --only needs a target" >&2; exit 2; }; only+=("$1") ;;
    --help | -h) sed -n '2,7p' "$0"; exit 0 ;;
    *) echo "run.sh: no option \"$1\"" >&2; exit 2 ;;
  esac
  shift
done

command -v clang++ >/dev/null || { echo "clang is not installed, so nothing is fuzzed"; exit 77; }
compgen -G "$(clang++ -print-resource-dir)/lib/linux/libclang_rt.fuzzer-*.a" >/dev/null ||
  { echo "clang's runtime for fuzzing (libclang-rt-14-dev) is not installed, so nothing is fuzzed"; exit 77; }

corpus=$root/.build/fuzz-corpus crashes=$root/.build/fuzz-crashes logs=$root/.build/logs
mkdir -p "$corpus" "$crashes" "$logs"
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
/usr/bin/python3 tests/fuzz/seeds.py "$seeds"
mapfile -t targets < <(cd "$seeds" && printf '%s\n' */ | tr -d /)
for name in "${only[@]}"; do
  [[ " ${targets[*]} " == *" $name "* ]] || { echo "run.sh: no target \"$name\"; there are: ${targets[*]}" >&2; exit 2; }
done
[ ${#only[@]} -eq 0 ] || targets=("${only[@]}")

export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
if ! { cmake --preset fuzz && nice cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"; } >"$logs/fuzz_build.log" 2>&1; then
  tail -n 50 "$logs/fuzz_build.log"
  echo "run.sh: the fuzz targets do not build" >&2
  exit 1
fi

# Databases and files of the targets are made anew all the time: in memory where that is possible.
export TMPDIR=$seeds
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
  TMPDIR=$(mktemp -d -p /dev/shm identities-fuzz-XXXXXX)
  trap 'rm -rf "$seeds" "$TMPDIR"' EXIT
fi

statistic() { sed -n "s/^stat::$2: *//p" "$logs/fuzz_$1.log" | tail -n 1 | grep . || echo 0; }

# Leaves the number of executions and of seconds in $seeds/NAME.figures. On a busy machine a million takes several rounds.
run_target() {
  local name=$1 outcome=0 executions=0 began=$SECONDS
  mkdir -p "$corpus/$name" "$crashes/$name"
  while
    nice -n 19 ".build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=3000 \
      -print_final_stats=1 -dict="$seeds/$name.dict" -artifact_prefix="$crashes/$name/" \
      "$corpus/$name" "$seeds/$name" "$crashes/$name" >"$logs/fuzz_$name.log" 2>&1 || outcome=$?
    executions=$((executions + $(statistic "$name" number_of_executed_units)))
    [ "$outcome" = 0 ] && [ "$executions" -lt "$least" ]
  do :; done
  echo "$executions $((SECONDS - began))" >"$seeds/$name.figures"
  return "$outcome"
}

broken=0
waiting=("${targets[@]}")
printf '%-16s %12s %10s %8s  %s\n' target executions seconds inputs outcome
while [ ${#waiting[@]} -gt 0 ]; do
  pids=() running=("${waiting[@]:0:2}")
  waiting=("${waiting[@]:2}")
  for name in "${running[@]}"; do run_target "$name" & pids+=($!); done
  for at in "${!running[@]}"; do
    name=${running[at]} outcome=clean
    wait "${pids[at]}" || { outcome="BROKEN: .build/logs/fuzz_$name.log"; broken=$((broken + 1)); }
    read -r executions took <"$seeds/$name.figures"
    printf '%-16s %12s %10s %8s  %s\n' "$name" "$executions" "$took" "$(find "$corpus/$name" -type f | wc -l)" "$outcome"
    [ "$outcome" = clean ] || grep -aE -A2 'property broken|ERROR:|runtime error' "$logs/fuzz_$name.log" | cut -c1-300 | head -n 12
  done
done
[ "$broken" = 0 ]
