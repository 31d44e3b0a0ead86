// Fuzzes the parsers of /proc/net/route and /proc/net/ipv6_route. The input is a file, parsed as
// both.

#include "sources/procfs_parse.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_text rest = {(const char *)data, size};
  for (struct osh_text line; osh_next_line(&rest, &line);) {
    struct osh_route route;
    if (osh_parse_route(line, &route))
      assert(route.name[0] != '\0' && memchr(route.name, '\0', IFNAMSIZ) != NULL &&
             route.prefix_len <= 32);
    struct osh_ipv6_route ipv6_route;
    if (osh_parse_ipv6_route(line, &ipv6_route))
      assert(memchr(ipv6_route.name, '\0', IFNAMSIZ) != NULL);
  }
  return 0;
}
