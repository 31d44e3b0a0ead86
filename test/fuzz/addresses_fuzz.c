// Fuzzes what is taken from the answer to an RTM_GETADDR dump. The input is a datagram of it.

#include "netlink_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_snapshot snapshot = {0};
  take_datagram(&snapshot, data, size);
  size_t hint = 0;
  for (size_t i = 0; i < snapshot.address_count; i++)
    assert(osh_find_link(&snapshot, snapshot.addresses[i].ifindex, &hint) != NULL);
  osh_snapshot_free(&snapshot);
  return 0;
}
