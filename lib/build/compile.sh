#!/bin/sh
# Compiles the binary with node-gyp in a folder, which it empties first, and prints the binary's path. The
# package's root has no binding.gyp when it is installed, which package managers would take for an install script.
#
#   compile.sh FOLDER [option of node-gyp]...
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)
folder=$1
shift

# Prints Node's prefix, and node-gyp's file if there is one. npm, which includes it, is next to Node or elsewhere in
# PATH, as not every Node comes with it.
find_node_gyp='
  const fs = require("fs")
  const path = require("path")
  const prefix = path.resolve(process.execPath, "../..")
  const links = process.env.PATH.split(":").map((folder) => path.join(folder, "npm"))
  const found = links.filter((link) => fs.existsSync(link)).map((link) => path.dirname(fs.realpathSync(link)))
  const paths = [process.argv[1], path.join(prefix, "lib/node_modules/npm"), ...found]
  console.log(prefix)
  try { console.log(require.resolve("node-gyp/bin/node-gyp.js", { paths })) } catch {}'

rm -rf "$folder"
mkdir -p "$folder"
cp -R "$root/src" "$folder"
# `npm pack` puts it where no package manager looks.
recipe=$root/prebuilds/binding.gyp
[ ! -e "$root/binding.gyp" ] || recipe=$root/binding.gyp
cp "$recipe" "$folder"
cd "$folder"

found=$(node -e "$find_node_gyp" "$root")
prefix=${found%%
*}
# The official images and Debian's package have the headers there. Otherwise node-gyp downloads them.
if [ -z "${npm_config_nodedir-}" ] && [ -e "$prefix/include/node/node_api.h" ]; then
  export npm_config_nodedir="$prefix"
fi

if [ "$found" != "$prefix" ]; then
  set -- node "${found#*
}" rebuild "$@"
elif command -v node-gyp >/dev/null; then
  set -- node-gyp rebuild "$@"
else
  echo 'osh-ifaddrs: cannot find node-gyp. Install npm, which includes it, or run: pnpm add --global node-gyp' >&2
  exit 1
fi
if ! "$@" >log 2>&1; then
  echo 'osh-ifaddrs: node-gyp failed:' >&2
  cat log >&2
  exit 1
fi
printf '%s\n' "$PWD/build/Release/osh_ifaddrs.node"
