#!/bin/sh
# Every static check: formats, types, and the analysers of the C code. Stops at the first finding.
# shellcheck disable=SC2086 # lists of files and options
set -eu
cd "$(dirname "$0")/../.."

c_files=$(git ls-files '*.c' '*.h')
c_units=$(git ls-files '*.c')
includes="-Isrc -Inode_modules/node-api-headers/include"
flags="-std=c11 -D_GNU_SOURCE -DNAPI_VERSION=8 $includes"

npx prettier --check --log-level=warn .
npx tsc --project .
git ls-files -z '*.sh' | xargs -0 shellcheck .ci/run
# Up to its JavaScript.
sed '/^\*\//,$d' lib/command-line/osh-ifaddrs | shellcheck -
clang-format --dry-run --Werror $c_files
printf '%s\n' $c_units | xargs -P "$(nproc)" -I '{}' clang-tidy --quiet '{}' -- $flags 2>/dev/null
for file in $(git ls-files 'src/*.c'); do
  # gcc takes block.h's memory for leaked, because callers keep a pointer into it. memcheck finds real leaks.
  case $file in src/preload/lists.c) known=-Wno-analyzer-malloc-leak ;; *) known= ;; esac
  gcc -fanalyzer -O2 -Wall -Wextra -Werror $known $flags -c "$file" -o /dev/null
done
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --suppress=missingIncludeSystem \
  --enable=warning,performance,portability,style $includes src test/support/sandbox
