// Fuzzes the reading of /proc/net/if_inet6, and of /proc/net/dev, which also names links. The input
// is the file.

#include "procfs.h"

#include <assert.h>
#include <string.h>

static void check_entry(struct osh_text line) {
  struct osh_if_inet6 entry;
  if (!osh_parse_if_inet6(line, &entry))
    return;
  assert(entry.ifindex > 0 && entry.ifindex <= INT32_MAX);
  assert(entry.prefix_len <= 128);
  assert(entry.name[0] != '\0' && memchr(entry.name, '\0', sizeof(entry.name)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_text rest = {(const char *)data, size};
  for (struct osh_text line; osh_next_line(&rest, &line);) {
    assert(line.bytes + line.length < rest.bytes + rest.length + 1);
    check_entry(line);
    char name[IFNAMSIZ];
    if (osh_parse_dev(line, name))
      assert(memchr(name, '\0', sizeof(name)) != NULL);
  }
  assert(rest.length == 0 || memchr(rest.bytes, '\n', rest.length) == NULL);
  return 0;
}
