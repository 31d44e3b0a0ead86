// What the fuzzers of netlink messages share: a datagram is taken as the answer to a dump, and what
// came of it must be sound.
#pragma once

#include "netlink.h"

#include <assert.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

// The sequence number that the seeds bear.
#define SEQ 1

static inline void check_address(const struct osh_address *address) {
  assert(address->family == AF_INET || address->family == AF_INET6);
  assert(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
  assert(memchr(address->name, '\0', sizeof(address->name)) != NULL);
  assert(address->family == AF_INET || address->name[0] == '\0');
  assert(address->marks == OSH_ADDRESS_PREFIX_KNOWN);
}

static inline void check_link(const struct osh_link *link) {
  assert(memchr(link->name, '\0', sizeof(link->name)) != NULL);
  assert(link->hwaddr_len <= sizeof(link->hwaddr));
  assert((link->marks & OSH_LINK_NAME) || link->name[0] == '\0');
  assert((link->marks & OSH_LINK_HWADDR) || link->hwaddr_len == 0);
  assert(!(link->marks & OSH_LINK_INFERRED));
}

// Takes the datagram into the snapshot, which is the caller's to free.
static inline void take_datagram(struct osh_snapshot *snapshot, const uint8_t *data, size_t size) {
  struct osh_dump dump = {.snapshot = snapshot, .seq = SEQ};
  assert(osh_dump_take(&dump, data, size) <= 1);
  for (size_t i = 0; i < snapshot->address_count; i++)
    check_address(&snapshot->addresses[i]);
  for (size_t i = 0; i < snapshot->link_count; i++)
    check_link(&snapshot->links[i]);
  osh_sort_links(snapshot);
  for (size_t i = 1; i < snapshot->link_count; i++)
    assert(snapshot->links[i - 1].ifindex < snapshot->links[i].ifindex);
}
