// Reads OSH_IFADDRS_SOURCES as parseSources() in lib/addon/load.js does.

#include "requested_sources.h"
#include "../core/snapshot.h"

#include <string.h>

static unsigned find_source(const char *name, size_t length) {
  for (unsigned i = 0; i < OSH_SOURCE_COUNT; i++) {
    const char *source = osh_source_name(i);
    if (strlen(source) == length && memcmp(source, name, length) == 0)
      return OSH_SOURCE_BIT(i);
  }
  return 0;
}

bool osh_requested_sources(const char *value, unsigned *sources) {
  *sources = OSH_SOURCES_ALL;
  if (value == NULL || *value == '\0')
    return false;
  *sources = 0;
  for (const char *name = value;; name++) {
    const size_t length = strcspn(name, ",");
    const unsigned source = find_source(name, length);
    *sources = source == 0 ? 0 : *sources | source;
    name += length;
    if (source == 0 || *name == '\0')
      return true;
  }
}
