#!/bin/sh
# run.sh FUZZER SECONDS: runs build/fuzz/FUZZER, which is given the seeds of corpus/ and what earlier
# runs found. Prints how often it was executed, and how many lines of the core that covered. What makes
# it fail is left in build/fuzz/.
set -eu
cd "$(dirname "$0")/.."
name=$1 seconds=$2
binary=build/fuzz/$name
export LLVM_PROFILE_FILE="$binary.profraw"
mkdir -p "$binary.corpus"

status=0
"$binary" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=32768 \
  -print_final_stats=1 -artifact_prefix="$binary." "$binary.corpus" "fuzz/corpus/${name%_fuzz}" \
  >"$binary.log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  tail -n 60 "$binary.log"
  echo "$name: failed"
  exit "$status"
fi

case $name in
netlink_fuzz) files=netlink.c ;;
if_inet6_fuzz | route_fuzz) files=procfs.c ;;
*) files='infer.c ioctl.c link.c netlink.c procfs.c rtnetlink.c snapshot.c' ;;
esac
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$binary.log")
edges=$(grep -o 'cov: [0-9]*' "$binary.log" | tail -n 1 | sed 's/cov: //')
echo "$name: $executions executions in $seconds s, $edges edges"
llvm-profdata merge "$binary.profraw" -o "$binary.profdata"
llvm-cov report "$binary" -instr-profile="$binary.profdata" | awk -v files="$files" '
  BEGIN { count = split(files, names, " "); for (i = 1; i <= count; i++) wanted[names[i]] = 1 }
  { sub(".*/", "", $1) }
  wanted[$1] { printf "  %-12s %4d of %4d lines\n", $1, $8 - $9, $8 }'
