#!/usr/bin/env bash
# run.sh: builds and runs the benchmarks, prints a table and writes JSON.
#   tests/bench/run.sh                          everything
#   tests/bench/run.sh --only NAME,...          only these
#   tests/bench/run.sh --json FILE              write the results there
#   tests/bench/run.sh --database sqlite        on one of sqlite and mariadb (both)
#   tests/bench/run.sh --engagements N          size of the large database (2,000,000)
#   tests/bench/run.sh --pairs N --seconds N    shorter or longer (5,000; 10)
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
build() {
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DIDENTITIES_TESTS=ON &&
    cmake --build "$build" --target identities_bench
}
build >"$log" 2>&1 || { tail -n 50 "$log" >&2; exit 1; }

# The databases belong to what made them: another generator or schema makes others.
made_by=$(cat "$bench"/{customer,dataset,our_writer,flat_writer}.cpp "$root"/sql/sqlite/*.sql | sha256sum | cut -c1-12)
copied_by=$(cat "$bench"/{mariadb_data,peers_data}.cpp "$root"/sql/mysql/*.sql | sha256sum | cut -c1-12)
exec "$build/tests/bench/identities_bench" --data "$root/.build/bench-data/$made_by" --mariadb-data "mariadb-$copied_by" "$@"
