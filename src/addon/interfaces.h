// A snapshot's links, with everything known about them and their addresses, as strings and numbers
// for lib/results/interfaces.js, which has the same enums as interfaces.c. Calls no N-API.
#pragma once

#include "../core/snapshot.h"
#include "strings.h"

// How many numbers osh_lay_out_interfaces() writes.
size_t osh_interfaces_length(const struct osh_snapshot *snapshot);

// `snapshot` was read with `all_links` and `details`. Returns false if there is no memory;
// otherwise the caller frees `strings->bytes`.
bool osh_lay_out_interfaces(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                            uint32_t *numbers);
