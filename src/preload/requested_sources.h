// The sources that a user restricts the preload library to.
#pragma once

#include <stdbool.h>

// Reads the value of OSH_IFADDRS_SOURCES: names of sources, separated by commas, without blanks.
//
// value    may be NULL or empty, which is no restriction
// sources  is set to the OSH_SOURCE_BIT()s of the named sources, or OSH_SOURCES_ALL; to 0 if a name
//          is not that of a source
//
// Returns whether the value is a restriction.
bool osh_requested_sources(const char *value, unsigned *sources);
