// A snapshot's addresses as strings and numbers, for lib/results/layout.js, which has the same
// enums as layout.c. Calls no N-API.
#pragma once

#include "../core/snapshot.h"

// A NUL follows each string, and none holds one. First the addresses in their order, then names and
// hardware addresses as they come up, those of a link once.
struct osh_strings {
  char *bytes;
  size_t length;
  uint32_t count;
  bool ascii; // a name can be any bytes
};

// How many numbers osh_lay_out() writes.
size_t osh_numbers_length(const struct osh_snapshot *snapshot);

// Returns false if there is no memory. Otherwise the caller frees `strings->bytes`.
bool osh_lay_out(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                 uint32_t *numbers);
