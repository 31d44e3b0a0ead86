// What a failed read is held against: the unfailed one, in which rtnetlink told everything.
#pragma once

#include "faults.h"
#include "snapshot.h"

#include <ifaddrs.h>
#include <net/if.h>

// Each reads it anew, or frees it.
void truth_read(void);
void truth_free(void);

// NULL when each address is among those of the truth, with the same facts unless they are marked as
// inferred or unknown; when none is missing that no mark tells of; and when each error names its
// call. Else what is wrong.
const char *judge_snapshot(const struct osh_snapshot *snapshot, int result,
                           const struct fault *fault);

// The same of the lists, which bear no marks: NULL when each entry is that of an address or a link.
const char *judge_ifaddrs(const struct ifaddrs *list);
const char *judge_names(const struct if_nameindex *names);
