#!/bin/sh
# Recreates captures/ and the fuzzers' seeds: the kernel's answers in a namespace with one of each kind of
# link and address. Needs root. The tests expect these links and addresses, so change both together.
set -eu
cd "$(dirname "$0")"
namespace=osh-capture-$$
trap 'ip netns del "$namespace" 2>/dev/null' EXIT

ip netns add "$namespace"
ip -n "$namespace" -batch - <<'END'
link set lo up
link add name d0 address 02:00:00:00:00:01 type veth peer name p0 address 02:00:00:00:00:02
link property add dev d0 altname alternative-name altname second-alternative-name
link set d0 up
link set p0 up
addr add 10.1.0.1/24 dev d0
addr add 10.1.0.2/24 dev d0 label d0:1
addr add 10.2.0.1/16 dev d0 label d0:longest-lab
addr add 10.3.0.1 peer 10.3.0.2/30 dev d0
addr add 2001:db8::1/64 dev d0 nodad
addr add fd00::1/48 dev d0 nodad
addr add 2001:db8:5::1 peer 2001:db8:5::2/128 dev d0 nodad
tuntap add dev t0 mode tun
link set t0 up
addr add 10.4.0.1/31 dev t0
link add name name-of-15-char address 02:00:00:00:00:03 type veth peer name p1 address 02:00:00:00:00:04
addr add 10.5.0.1/32 dev name-of-15-char
route add 10.6.0.0/16 via 10.1.0.254
route add unreachable 10.7.0.0/16
route add default dev d0
route add unreachable 2001:db8:7::/48
route add ::/0 via fe80::2 dev d0
END
sleep 3 # until duplicate address detection is over
run() { ip netns exec "$namespace" "$@"; }
run python3 capture.py captures
for file in if_inet6 route ipv6_route dev; do
  run cat "/proc/net/$file" >"captures/$file.txt"
done

# The fuzzers' seeds: the same, and the answers to all system calls of a read.
make --silent --directory=../.. build/fuzz/record build/sandbox
corpus=../../soak/fuzz/corpus
mkdir -p "$corpus/links" "$corpus/addresses" "$corpus/if_inet6" "$corpus/route" "$corpus/read"
cp captures/links.bin "$corpus/links"
cp captures/addresses.bin "$corpus/addresses"
cp captures/if_inet6.txt captures/dev.txt "$corpus/if_inet6"
cp captures/route.txt captures/ipv6_route.txt "$corpus/route"
record() { # FILE BYTE and the launcher's options
  file=$corpus/read/$1.bin byte=$2
  shift 2
  run ../../build/sandbox --user keep --no-landlock "$@" -- "$(realpath ../../build/fuzz/record)" "$byte" >"$file"
}
record rtnetlink 1
record ioctl 2
record procfs 4
record denied 7 --deny-family netlink
record denied-inet 7 --deny-family netlink,inet
record denied-all 7 --deny-family all
record unnamed 7 --deny-ioctl SIOCGIFNAME
record all 97
record all-denied 103 --deny-family netlink
record ifaddrs 8
record ifaddrs-denied 8 --deny-family netlink
record names-denied 16 --deny-family all
