// Fuzzes the parser of RTM_GETADDR dumps. The input is a datagram of one.

#include "netlink_fuzz.h"

static void parse_addresses(bool details, const uint8_t *data, size_t size) {
  struct osh_snapshot snapshot = {.request.details = details};
  parse_datagram(&snapshot, data, size);
  size_t hint = 0;
  for (size_t i = 0; i < snapshot.address_count; i++)
    assert(osh_find_link(&snapshot, snapshot.addresses[i].ifindex, &hint) != NULL);
  osh_snapshot_free(&snapshot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  parse_addresses(false, data, size);
  parse_addresses(true, data, size);
  return 0;
}
