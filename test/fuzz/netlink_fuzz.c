// Fuzzes what is taken from an rtnetlink datagram. The input is the datagram.

#include "netlink.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

// The sequence number that the seeds bear.
#define SEQ 1

static void check(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    assert(address->family == AF_INET || address->family == AF_INET6);
    assert(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
    assert(memchr(address->name, '\0', sizeof(address->name)) != NULL);
  }
  for (size_t i = 0; i < snapshot->link_count; i++) {
    const struct osh_link *link = &snapshot->links[i];
    assert(memchr(link->name, '\0', sizeof(link->name)) != NULL);
    assert(link->hwaddr_len <= sizeof(link->hwaddr));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct osh_snapshot snapshot = {0};
  struct osh_dump dump = {.snapshot = &snapshot, .seq = SEQ};
  assert(osh_dump_take(&dump, data, size) <= 1);
  check(&snapshot);
  osh_sort_links(&snapshot);
  for (size_t i = 1; i < snapshot.link_count; i++)
    assert(snapshot.links[i - 1].ifindex < snapshot.links[i].ifindex);
  osh_snapshot_free(&snapshot);
  return 0;
}
