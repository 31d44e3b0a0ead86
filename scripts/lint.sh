#!/bin/sh
# Every static check: formats, types, and what the analysers say of the C code. Stops at the first finding.
set -eu
cd "$(dirname "$0")/.."

c_files=$(git ls-files '*.c' '*.h')
c_units=$(git ls-files '*.c')
flags="-std=c11 -D_GNU_SOURCE -DNAPI_VERSION=8 -Isrc -Inode_modules/node-api-headers/include"

npx prettier --check --log-level=warn .
npx tsc --project .
clang-format --dry-run --Werror $c_files
for file in $c_units; do
  clang-tidy --quiet "$file" -- $flags 2>/dev/null
done
for file in src/*.c; do
  gcc -fanalyzer -O2 -Wall -Wextra -Werror $flags -c "$file" -o /dev/null
done
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --suppress=missingIncludeSystem \
  --enable=warning,performance,portability,style $flags src test/sandbox
