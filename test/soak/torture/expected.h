// Compares what a read with a fault returns with what one without returns, to which rtnetlink
// provides everything.
#pragma once

#include "core/snapshot.h"
#include "faults.h"

#include <ifaddrs.h>
#include <net/if.h>

// Reads what is expected, or frees it.
void expected_read(void);
void expected_free(void);

// Returns NULL if every link and address is among the expected ones, with the same facts unless
// they are marked as inferred or unknown; if the snapshot says of every other one that it is
// missing; and if every error names its call. Else returns what is wrong.
const char *check_snapshot(const struct osh_snapshot *snapshot, int result,
                           const struct fault *fault);

// The same for lists, which mark nothing: returns NULL if each entry is an expected address or
// link.
const char *check_ifaddrs(const struct ifaddrs *list);
const char *check_names(const struct if_nameindex *names);
