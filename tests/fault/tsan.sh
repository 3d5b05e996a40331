#!/usr/bin/env bash
# tsan.sh: builds tests under the thread sanitizer and runs them; the integration tests put a real hdhost with the real
# plugin under load. Any report of a race fails its test. What is not ours and not built for it: tsan.suppressions.
#   tests/fault/tsan.sh              those of unit, contract and integration
#   tests/fault/tsan.sh FOLDER...    those of these folders of tests/
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
folders=("$@")
[ $# -gt 0 ] || folders=(unit contract integration)
targets=()
for folder in "${folders[@]}"; do
  [ -e "tests/$folder/CMakeLists.txt" ] || { echo "tsan.sh: there is no folder tests/$folder with tests" >&2; exit 2; }
  targets+=("tests/$folder/all")
done
# It counts a plugin's threads, and the sanitizer has one of its own.
without='faulty_thread_in_create$'
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CTEST_OUTPUT_ON_FAILURE=1 
export TSAN_OPTIONS="exitcode=66 suppressions=$root/tests/fault/tsan.suppressions"
cmake --preset tsan
nice cmake --build --preset tsan --target "${targets[@]}" hdhost identities identities_cli
outcome=0
for folder in "${folders[@]}"; do
  nice ctest --test-dir ".build/tsan/tests/$folder" -j "$(nproc)" --timeout 300 --no-tests=error -E "$without" || outcome=$?
done
exit "$outcome"
