// The lists that getifaddrs(3) and if_nameindex(3) return, made from a snapshot.
#pragma once

#include <ifaddrs.h>
#include <net/if.h>

// Both read the network interfaces of the calling thread's namespace from `sources`
// (OSH_SOURCE_BIT()s), set `*list` to one block of block.h, in host or network byte order as
// libc's, and return 0. If they fail, they set `*list` to NULL and return the negative errno of the
// first failure. For osh_ifaddrs(), NULL is also a list of no interfaces, as in glibc.
int osh_ifaddrs(unsigned sources, struct ifaddrs **list);
int osh_nameindex(unsigned sources, struct if_nameindex **list);
