// A snapshot's addresses as strings and numbers, for lib/results/layout.js, which has the same
// enums as layout.c. Calls no N-API.
#pragma once

#include "../core/snapshot.h"
#include "strings.h"

// How many numbers osh_lay_out() writes.
size_t osh_numbers_length(const struct osh_snapshot *snapshot);

// The strings begin with the addresses in their order. Names and hardware addresses follow as they
// come up, those of a link once. Returns false if there is no memory; otherwise the caller frees
// `strings->bytes`.
bool osh_lay_out(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                 uint32_t *numbers);
