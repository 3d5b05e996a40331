#!/usr/bin/env bash
# The one list of Debian 12 packages. Each entry is PACKAGE:PROBE; the package is missing when PROBE, a command or an absolute path that may
# hold a pattern, is not there. So what came from another source, such as a newer Node.js, is not installed twice.
#   packages.sh list GROUP...      prints the packages of build, demo, test, bench, rt or rt-test
#   packages.sh missing GROUP...   prints those that are not there
#   packages.sh install GROUP...   installs those, as root or by sudo
# Scripts may source it and use the functions.

# Compiles plugin, host, server and admin command.
packages_build=(
  g++:g++ cmake:cmake ninja-build:ninja pkgconf:pkg-config
  libboost1.81-dev:/usr/include/boost/beast.hpp libboost-json1.81-dev:/usr/lib/*/libboost_json.so
  libboost-system1.81-dev:/usr/lib/*/libboost_system.so
  libsoci-dev:/usr/include/soci/soci.h libsqlite3-dev:/usr/include/sqlite3.h libmariadb-dev:/usr/include/mariadb/mysql.h
  libicu-dev:/usr/include/unicode/uversion.h libidn2-dev:/usr/include/idn2.h
  libssl-dev:/usr/include/openssl/ssl.h libjwt-dev:/usr/include/jwt.h libvalijson-dev:/usr/include/valijson/validator.hpp
  libcli11-dev:/usr/include/CLI/CLI.hpp libfmt-dev:/usr/include/fmt/format.h libspdlog-dev:/usr/include/spdlog/spdlog.h
  libelf-dev:/usr/include/libelf.h libc-ares-dev:/usr/include/ares.h
  libphonenumber8:/usr/lib/*/libphonenumber.so.8 libprotobuf-dev:/usr/include/google/protobuf/message.h
  libabsl-dev:/usr/include/absl/container/node_hash_map.h
)
# The demo runs from its build folder and needs nothing more. The tests need these, too.
packages_test=(
  ccache:ccache libgtest-dev:/usr/include/gtest/gtest.h libgmock-dev:/usr/include/gmock/gmock.h
  libbenchmark-dev:/usr/include/benchmark/benchmark.h
  clang-format:clang-format clang-tidy:clang-tidy shellcheck:shellcheck
  clang:clang++ libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
  chromium:chromium fonts-liberation:/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf
  nodejs:node npm:npm sqlite3:sqlite3 mariadb-server-core:/usr/sbin/mariadbd mariadb-client-core:mariadb curl:curl openssl:openssl
  python3:/usr/bin/python3 python3-jsonschema:/usr/lib/python3/dist-packages/jsonschema/__init__.py
  python3-yaml:/usr/lib/python3/dist-packages/yaml/__init__.py php-cli:php faketime:faketime
)

# The benchmarks' load and the services that they are measured against; without them those are skipped.
packages_bench=(
  wrk:wrk nodejs:node npm:npm mariadb-client-core:mariadb php8.2-fpm:/usr/sbin/php-fpm8.2
  php8.2-mysql:/usr/lib/php/*/pdo_mysql.so nginx-light:/usr/sbin/nginx
)

# Request Tracker 5 as a host: RT with a server, its mail gateway and its databases, and what the extension needs.
packages_rt=(
  request-tracker5:/usr/share/request-tracker5/lib/RT.pm rt5-standalone:/usr/share/request-tracker5/libexec/standalone_httpd
  rt5-fcgi:/usr/share/request-tracker5/libexec/rt-server.fcgi rt5-clients:rt-mailgate-5
  rt5-db-sqlite:/usr/share/doc/rt5-db-sqlite rt5-db-mysql:/usr/share/doc/rt5-db-mysql
  dbconfig-no-thanks:/usr/share/doc/dbconfig-no-thanks msmtp-mta:/usr/sbin/sendmail starman:starman spawn-fcgi:spawn-fcgi
  libffi-platypus-perl:/usr/lib/*/perl5/*/FFI/Platypus.pm libmodule-install-rtx-perl:/usr/share/perl5/Module/Install/RTx.pm
  mariadb-server-core:/usr/sbin/mariadbd mariadb-client-core:mariadb sqlite3:sqlite3
)
# Its tests, too: PostgreSQL makes a cluster of its own where it is installed; make is the extension's installer's.
packages_rt_test=(
  rt5-db-postgresql:/usr/share/doc/rt5-db-postgresql postgresql-15:/usr/lib/postgresql/15/bin/initdb make:make
)

package_there() {
  local probe=${1#*:}
  case $probe in
    /*) compgen -G "$probe" >/dev/null ;;
    *) command -v "$probe" >/dev/null ;;
  esac
}

list_packages() {
  local group
  for group; do
    case $group in
      build | demo) printf '%s\n' "${packages_build[@]}" ;;
      test) printf '%s\n' "${packages_build[@]}" "${packages_test[@]}" ;;
      bench) printf '%s\n' "${packages_build[@]}" "${packages_test[@]}" "${packages_bench[@]}" ;;
      rt) printf '%s\n' "${packages_rt[@]}" ;;
      rt-test) printf '%s\n' "${packages_rt[@]}" "${packages_rt_test[@]}" ;;
      *) echo "packages.sh: no group \"$group\"; there are build, demo, test, bench, rt, rt-test" >&2; return 2 ;;
    esac
  done | sort -u
}

missing_packages() {
  local entry
  list_packages "$@" | while read -r entry; do package_there "$entry" || echo "${entry%%:*}"; done
}

# Prints what runs a command as root: nothing, sudo, or the reason why neither works.
root_command() {
  if [ "$(id -u)" = 0 ]; then return 0; fi
  if command -v sudo >/dev/null; then echo sudo; return 0; fi
  echo "not root, and there is no sudo" >&2
  return 1
}

# install_packages PACKAGE...: quiet unless it fails.
install_packages() {
  [ $# -gt 0 ] || return 0
  local as_root log
  as_root=$(root_command) || { echo "as root: apt-get install --no-install-recommends $*" >&2; return 1; }
  log=$(mktemp)
  if $as_root apt-get update -qq >"$log" 2>&1 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return 0
  fi
  tail -n 15 "$log" >&2
  rm -f "$log"
  echo "apt-get could not install: $*" >&2
  return 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  task=${1:-}
  shift || true
  [ $# -gt 0 ] || task=help
  case $task in
    list) list_packages "$@" | cut -d: -f1 ;;
    missing) missing_packages "$@" ;;
    install)
      mapfile -t wanted < <(missing_packages "$@")
      install_packages "${wanted[@]}"
      ;;
    *) sed -n '2,7p' "$0"; exit 2 ;;
  esac
fi
