#!/usr/bin/env bash
# run.sh: builds and runs the benchmarks, prints a table and writes JSON.
#   tests/bench/run.sh                          everything
#   tests/bench/run.sh --only NAME,...          only these
#   tests/bench/run.sh --json FILE              write the results there
#   tests/bench/run.sh --database sqlite        on one of sqlite and mariadb (both)
#   tests/bench/run.sh --engagements N          size of the large database (2,000,000)
#   tests/bench/run.sh --pairs N --seconds N    shorter or longer (5,000, of RT's pages 400; 10)
#   tests/bench/run.sh --parts                  prints where the time of one opening goes, and nothing else
# Exit status: 0 also where a bar is missed; 1 where a run broke.
set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$bench/../.." && pwd)
build=$root/.build/bench
log=$root/.build/logs/bench.log
# What another clone on this machine compiled serves here, too.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

mkdir -p "$root/.build/logs"
# The benches of Request Tracker are called rt.*, and run in Node; all others are one program.
in_rt=() others=() rest=() json='' pairs=()
wanted=all parts=false
while [ $# -gt 0 ]; do
  case $1 in
    --only)
      wanted=some
      IFS=, read -r -a names <<<"${2:?--only needs names}"
      for name in "${names[@]}"; do
        if [[ $name == rt.* ]]; then in_rt+=("$name"); else others+=("$name"); fi
      done
      shift ;;
    --json) json=${2:?--json needs a file}; shift ;;
    --pairs) pairs=(--pairs "${2:?--pairs needs a number}"); shift ;;
    --parts) parts=true; rest+=("$1") ;;
    --help|-h) sed -n '2,/^# Exit/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) rest+=("$1") ;;
  esac
  shift
done
list() { local IFS=,; echo "$*"; }

targets=()
if [ $wanted = all ] || [ ${#others[@]} -gt 0 ] || $parts; then targets+=(identities_bench); fi
if [ $wanted = all ] || [ ${#in_rt[@]} -gt 0 ]; then targets+=(identities identities_cli helpdesk_host); fi
build() {
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DIDENTITIES_TESTS=ON &&
    cmake --build "$build" --target "${targets[@]}"
}
build >"$log" 2>&1 || { tail -n 50 "$log" >&2; exit 1; }

append=()
if [[ " ${targets[*]} " == *" identities_bench "* ]]; then
  # The databases belong to what made them: another generator or schema makes others.
  made_by=$(cat "$bench"/{customer,dataset,our_writer,flat_writer,people,match_one_bench}.cpp "$root"/sql/sqlite/*.sql | sha256sum | cut -c1-12)
  copied_by=$(cat "$bench"/{mariadb_data,peers_data}.cpp "$root"/sql/mysql/*.sql | sha256sum | cut -c1-12)
  "$build/tests/bench/identities_bench" --data "$root/.build/bench-data/$made_by" --mariadb-data "mariadb-$copied_by" "${rest[@]}" "${pairs[@]}" \
    ${others[0]:+--only "$(list "${others[@]}")"} ${json:+--json "$json"}
  append=(--append)
fi
if [[ " ${targets[*]} " == *" helpdesk_host "* ]] && ! $parts; then
  made_by=$(cat "$bench"/rt/seed.pl "$root"/sql/mysql/*.sql | sha256sum | cut -c1-12)
  node "$bench/rt/bench.mjs" --data "$root/.build/bench-data/rt-$made_by" --library "$build/sdk/host/libhelpdesk_host.so.1" \
    --bundle "$build/identities" --identities "$build/plugin/cli/identities" "${pairs[@]}" \
    ${in_rt[0]:+--only "$(list "${in_rt[@]}")"} ${json:+--json "$json" "${append[@]}"}
fi
