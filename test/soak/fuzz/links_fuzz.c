// Fuzzes the parser of RTM_GETLINK dumps. The input is a datagram of one. Some of the links are in
// the snapshot before, as if addresses were on them.

#include "netlink_fuzz.h"

static void parse_links(bool details, const uint8_t *data, size_t size) {
  struct osh_snapshot snapshot = {.request.details = details};
  for (uint32_t ifindex = 1; ifindex <= 5; ifindex += 2)
    assert(osh_ensure_link(&snapshot, ifindex) == 0);
  parse_datagram(&snapshot, data, size);
  assert(snapshot.link_count >= 3);
  osh_snapshot_free(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  parse_links(false, data, size);
  parse_links(true, data, size);
  return 0;
}
