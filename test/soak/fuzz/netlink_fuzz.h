// For the fuzzers of netlink messages: parses a datagram as the answer to a dump, and checks that
// links and addresses are valid, with and without details.
#pragma once

#include "core/links.h"
#include "sources/rtnetlink_parse.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

// The sequence number of the seeds.
#define SEQ 1

static inline void check_address(const struct osh_snapshot *snapshot,
                                 const struct osh_address *address) {
  assert(address->family == AF_INET || address->family == AF_INET6);
  assert(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
  assert(memchr(address->label, '\0', sizeof(address->label)) != NULL);
  assert(address->family == AF_INET || address->label[0] == '\0');
  assert((address->facts & ~OSH_ADDRESS_UNCHECKED) == OSH_ADDRESS_PREFIX_KNOWN);
  assert((osh_address_details(snapshot, address) != NULL) == snapshot->request.details);
}

static inline void check_link(const struct osh_snapshot *snapshot, const struct osh_link *link) {
  assert(memchr(link->name, '\0', sizeof(link->name)) != NULL);
  assert(link->hwaddr_len <= sizeof(link->hwaddr));
  assert((link->facts & OSH_LINK_NAME) || link->name[0] == '\0');
  assert((link->facts & OSH_LINK_HWADDR) || link->hwaddr_len == 0);
  assert(!(link->facts & OSH_LINK_FLAGS_INFERRED));
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  assert(details == NULL || snapshot->request.details);
  if (details == NULL)
    return;
  assert(details->broadcast_len <= sizeof(details->broadcast));
  assert(memchr(details->kind, '\0', sizeof(details->kind)) != NULL);
  // Only addresses name a link without facts.
  assert((link->order > 0) == (link->facts != 0));
}

// Adds the links and addresses of the datagram to the snapshot, and sorts the links.
static inline void parse_datagram(struct osh_snapshot *snapshot, const uint8_t *data, size_t size) {
  struct osh_dump dump = {.snapshot = snapshot, .seq = SEQ};
  assert(osh_parse_datagram(&dump, data, size) <= 1);
  osh_sort_links(snapshot);
  for (size_t i = 0; i < snapshot->address_count; i++)
    check_address(snapshot, &snapshot->addresses[i]);
  for (size_t i = 0; i < snapshot->link_count; i++)
    check_link(snapshot, &snapshot->links[i]);
  for (size_t i = 1; i < snapshot->link_count; i++)
    assert(snapshot->links[i - 1].ifindex < snapshot->links[i].ifindex);
  for (size_t i = 0; i < snapshot->alternative_name_count; i++)
    assert(memchr(snapshot->alternative_names[i].name, '\0',
                  sizeof(snapshot->alternative_names[i].name)) != NULL);
}
