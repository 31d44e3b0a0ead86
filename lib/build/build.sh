#!/bin/sh
# `osh-ifaddrs build`: compiles the binary for this machine where none is published, and loads it once. If a tool is
# missing, prints the command that installs it on this system.
# shellcheck disable=SC1091,SC2016 # os-release(5), and JavaScript in quotes
set -eu

root=$(cd "${0%/*}/../.." && pwd -P)

fail() {
  printf 'osh-ifaddrs: %s\n' "$1" >&2
  exit 1
}

# Prints its first argument if none of the commands exists.
require_one_of() {
  for command in "$@"; do
    if command -v "$command" >/dev/null; then return; fi
  done
  printf ', %s' "$1"
}

find_missing() {
  require_one_of make
  require_one_of cc gcc clang
  require_one_of c++ g++ clang++
  require_one_of python3 python
  require_one_of pkg-config
  pkg-config --exists libmnl 2>/dev/null || printf ', libmnl'
}

# Prints the command that installs them all.
find_install_command() {
  debian='apt-get install g++ make python3 pkg-config libmnl-dev'
  fedora='dnf install gcc-c++ make python3 pkgconf-pkg-config libmnl-devel'
  alpine='apk add g++ make python3 pkgconf libmnl-dev linux-headers'
  arch='pacman -S gcc make python pkgconf libmnl'
  suse='zypper install gcc-c++ make python3 pkgconf-pkg-config libmnl-devel'
  # Shell variables with the system's names, the most specific first; see os-release(5).
  ID=$1
  [ ! -e /etc/os-release ] || . /etc/os-release
  for system in $ID ${ID_LIKE-}; do
    case $system in
    android) echo 'pkg install clang make python pkg-config libmnl' ;;
    debian) echo "$debian" ;;
    fedora) echo "$fedora" ;;
    alpine) echo "$alpine" ;;
    arch) echo "$arch" ;;
    suse) echo "$suse" ;;
    *) continue ;;
    esac
    return
  done
  echo "$debian (debian) | $fedora (fedora) | $alpine (alpine) | $arch (arch) | $suse (suse)"
}

system=$(uname -o 2>/dev/null || uname -s)
case $system in
*Linux*) system=unknown ;;
Android) system=android ;;
*) fail "nothing to compile: on $system the package uses the native function" ;;
esac
missing=$(find_missing)
[ -z "$missing" ] || fail "cannot compile without ${missing#, }. Run: $(find_install_command "$system")"

echo 'Compiling.' >&2
folder=$root/build/compiling
trap 'rm -rf "$folder"' EXIT
compiled=$(sh "$root/lib/build/compile.sh" "$folder")
mkdir -p "$root/build/Release"
mv "$compiled" "$root/build/Release"
node -e '
  try {
    require(process.argv[1]).load()
  } catch ({ message }) {
    console.error(`osh-ifaddrs: ${message}`)
    process.exitCode = 1
  }' "$root/lib/addon/load.js"
printf '%s\n' "$root/build/Release/osh_ifaddrs.node"
