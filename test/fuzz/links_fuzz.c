// Fuzzes what is taken from the answer to an RTM_GETLINK dump. The input is a datagram of it. Some
// of the links were mentioned by addresses before.

#include "netlink_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_snapshot snapshot = {0};
  for (uint32_t ifindex = 1; ifindex <= 5; ifindex += 2)
    assert(osh_mention_link(&snapshot, ifindex) == 0);
  take_datagram(&snapshot, data, size);
  assert(snapshot.link_count >= 3);
  osh_snapshot_free(&snapshot);
  return 0;
}
