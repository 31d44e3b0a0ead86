// Fuzzes the parsers of /proc/net/route and /proc/net/ipv6_route. The input is a file, parsed as
// both.

#include "sources/procfs_parse.h"

#include <assert.h>
#include <string.h>

static void check_name(const char *name) {
  assert(name[0] != '\0' && memchr(name, '\0', IFNAMSIZ) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_text rest = {(const char *)data, size};
  for (struct osh_text line; osh_next_line(&rest, &line);) {
    struct osh_route route;
    if (osh_parse_route(line, &route))
      check_name(route.name);
    struct osh_ipv6_route ipv6_route;
    if (osh_parse_ipv6_route(line, &ipv6_route))
      check_name(ipv6_route.name);
  }
  return 0;
}
