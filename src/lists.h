// What the preload library and its core have in common: see preload.c for why they are two.
#pragma once

#include <ifaddrs.h>
#include <net/if.h>

// The core's file name.
#define OSH_IFADDRS_CORE "osh_ifaddrs_core.so"

// osh_ifaddrs() and osh_nameindex(): what getifaddrs(3) and if_nameindex(3) give, without them.
// Each sets `*list` to one block of `owner` (block.h) and returns 0, or returns the negative errno
// of the first refusal. A list without entries is NULL for the first, as in glibc.
typedef int osh_ifaddrs_fn(const void *owner, struct ifaddrs **list);
typedef int osh_nameindex_fn(const void *owner, struct if_nameindex **list);

osh_ifaddrs_fn osh_ifaddrs;
osh_nameindex_fn osh_nameindex;
