// The lists that getifaddrs(3) and if_nameindex(3) return, made from a snapshot. They are in a
// shared object of their own, which preload.c loads; see there why.
#pragma once

#include <ifaddrs.h>
#include <net/if.h>

// The shared object's file name.
#define OSH_IFADDRS_CORE "osh_ifaddrs_core.so"

// osh_ifaddrs() and osh_nameindex() read the network interfaces of the calling thread's namespace.
// Each sets `*list` to one block of `owner` (block.h), in host or network byte order as libc's, and
// returns 0; or returns the negative errno of the first failure, and sets `*list` to NULL. A list
// of no interfaces is NULL for osh_ifaddrs(), as in glibc.
typedef int osh_ifaddrs_fn(const void *owner, struct ifaddrs **list);
typedef int osh_nameindex_fn(const void *owner, struct if_nameindex **list);

osh_ifaddrs_fn osh_ifaddrs;
osh_nameindex_fn osh_nameindex;
