#!/bin/sh
# run.sh FUZZER SECONDS: runs build/fuzz/FUZZER with the seeds of corpus/ and the inputs that earlier runs
# found. Prints the number of executions and the lines of the core that they covered. An input that makes
# it fail is kept in build/fuzz/.
set -eu
cd "$(dirname "$0")/../.."
name=$1 seconds=$2
binary=build/fuzz/$name
export LLVM_PROFILE_FILE="$binary.profraw"
mkdir -p "$binary.corpus"

status=0
"$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=32768 \
  -print_final_stats=1 -artifact_prefix="$binary." "$binary.corpus" "soak/fuzz/corpus/${name%_fuzz}" \
  >"$binary.log" 2>&1 || status=$?
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$binary.log")
if [ "$status" -ne 0 ] || [ "${executions:-0}" -eq 0 ]; then
  tail -n 60 "$binary.log"
  echo "$name: failed"
  exit 1
fi

case $name in
links_fuzz | addresses_fuzz) files=rtnetlink_parse.c ;;
if_inet6_fuzz | route_fuzz) files=procfs_parse.c ;;
*) files=all ;;
esac
edges=$(grep -o 'cov: [0-9]*' "$binary.log" | tail -n 1 | sed 's/cov: //')
llvm-profdata merge "$binary.profraw" -o "$binary.profdata"
lines=$(llvm-cov report "$binary" -instr-profile="$binary.profdata" | awk -v files="$files" '
  $1 !~ /src.*\.c$/ && $1 !~ /^[a-z_0-9]*\.c$/ { next }
  { sub(".*/", "", $1) }
  files == "all" || files == $1 { lines += $8; missed += $9 }
  END { printf "%d of %d lines", lines - missed, lines }')
echo "$name: $executions executions in $seconds s, $edges edges; $lines of $files covered"
