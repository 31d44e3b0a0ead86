// Fuzzes the parsers of /proc/net/if_inet6 and /proc/net/dev. The input is a file, parsed as both.

#include "sources/procfs_parse.h"

#include <assert.h>
#include <string.h>

static void check_name(const char *name) {
  assert(name[0] != '\0' && memchr(name, '\0', IFNAMSIZ) != NULL);
}

static void check_entry(struct osh_text line) {
  struct osh_if_inet6 entry;
  if (!osh_parse_if_inet6(line, &entry))
    return;
  assert(entry.ifindex > 0 && entry.ifindex <= INT32_MAX);
  assert(entry.prefix_len <= 128);
  check_name(entry.name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_text rest = {(const char *)data, size};
  for (struct osh_text line; osh_next_line(&rest, &line);) {
    assert(line.bytes + line.length < rest.bytes + rest.length + 1);
    check_entry(line);
    struct osh_dev dev;
    if (osh_parse_dev(line, &dev))
      check_name(dev.name);
  }
  assert(rest.length == 0 || memchr(rest.bytes, '\n', rest.length) == NULL);
  return 0;
}
