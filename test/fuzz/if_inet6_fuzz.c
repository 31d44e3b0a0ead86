// Fuzzes the reading of /proc/net/if_inet6. The input is the file.

#include "procfs.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_text rest = {(const char *)data, size};
  for (struct osh_text line; osh_next_line(&rest, &line);) {
    assert(line.bytes + line.length < rest.bytes + rest.length + 1);
    struct osh_if_inet6 entry;
    if (!osh_parse_if_inet6(line, &entry))
      continue;
    assert(entry.ifindex > 0 && entry.ifindex <= INT32_MAX);
    assert(entry.prefix_len <= 128);
    assert(entry.name[0] != '\0' && memchr(entry.name, '\0', sizeof(entry.name)) != NULL);
  }
  assert(rest.length == 0 || memchr(rest.bytes, '\n', rest.length) == NULL);
  return 0;
}
