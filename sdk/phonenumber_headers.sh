#!/usr/bin/env bash
# phonenumber_headers.sh FOLDER: puts the headers of libphonenumber into FOLDER/usr/include, for CMake.
# Debian's libphonenumber-dev cannot be installed beside Boost 1.81, so it is unpacked instead: the package of the version of the library that
# is installed. It is kept in ~/.cache/identities (or $XDG_CACHE_HOME), so that a later build needs no network.
set -euo pipefail
[ $# = 1 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
into=$1
sdk=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=sdk/packages.sh
. "$sdk/packages.sh"

version=$(dpkg-query -W -f '${Version}' libphonenumber8 2>/dev/null) || version=
[ -n "$version" ] || { echo "libphonenumber8 is not installed; sdk/packages.sh install build does it" >&2; exit 1; }
[ "$(cat "$into/version" 2>/dev/null)" != "$version" ] || exit 0

cache=${XDG_CACHE_HOME:-${HOME:-$(dirname "$into")}/.cache}/identities
name=libphonenumber-dev_${version//:/%3a}_$(dpkg --print-architecture).deb
mkdir -p "$cache" "$(dirname "$into")"
# Unpacked beside its place and moved there, so that a run that broke off, or another one meanwhile, leaves no half of it.
work=$(mktemp -d "$into.XXXXXX")
trap 'rm -rf "$work"' EXIT

download() { (cd "$work" && apt-get -qq download "libphonenumber-dev=$version") >"$work/log" 2>&1; }

if [ ! -s "$cache/$name" ]; then
  # The lists of packages may be of another day, or not be there.
  if ! download && ! { as_root=$(root_command 2>/dev/null) && $as_root apt-get update -qq >/dev/null 2>&1 && download; }; then
    tail -n 5 "$work/log" >&2
    echo "libphonenumber-dev $version cannot be downloaded; where there is no network, put its .deb there: $cache/$name" >&2
    exit 1
  fi
  mv "$work/"*.deb "$cache/$name.$$"
  mv "$cache/$name.$$" "$cache/$name"
fi
if ! dpkg -x "$cache/$name" "$work/unpacked"; then
  rm -f "$cache/$name"
  echo "$cache/$name was damaged and is removed; run it again" >&2
  exit 1
fi
# The static libraries in it are of no use here.
rm -rf "$work/unpacked/usr/lib"
echo "$version" >"$work/unpacked/version"
rm -rf "$into"
mv -T "$work/unpacked" "$into" 2>/dev/null || [ -s "$into/version" ]
