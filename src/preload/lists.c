// A snapshot as the lists that getifaddrs(3) and if_nameindex(3) return, in glibc's order and with
// its peculiarities; see lists.h.

#include "lists.h"
#include "../core/addresses.h"
#include "../read.h"
#include "block.h"

#include <errno.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

// As struct sockaddr_ll, whose eight bytes are too few for InfiniBand's twenty. glibc, too, writes
// beyond its end.
struct link_sockaddr {
  sa_family_t family;
  uint16_t protocol;
  int32_t ifindex;
  uint16_t type;
  uint8_t packet_type;
  uint8_t length;
  uint8_t bytes[32];
};

_Static_assert(offsetof(struct link_sockaddr, length) == offsetof(struct sockaddr_ll, sll_halen) &&
                   offsetof(struct link_sockaddr, bytes) == offsetof(struct sockaddr_ll, sll_addr),
               "laid out as struct sockaddr_ll");

union address {
  struct sockaddr any;
  struct link_sockaddr link;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
};

struct entry {
  struct ifaddrs ifaddrs;
  union address address;
  union address netmask;
  union address other;
  char name[IFNAMSIZ];
};

_Static_assert(_Alignof(struct entry) <= OSH_BLOCK_ALIGNMENT &&
                   _Alignof(struct if_nameindex) <= OSH_BLOCK_ALIGNMENT,
               "a block is aligned for both lists");

// The links to be listed, in the order of the kernel's dump, or by ifindex without a dump.
struct named_links {
  const struct osh_link **entries;
  size_t count;
};

static int compare_order(const void *left, const void *right) {
  const struct osh_link *a = *(const struct osh_link *const *)left;
  const struct osh_link *b = *(const struct osh_link *const *)right;
  if (a->order != b->order)
    return a->order < b->order ? -1 : 1;
  return a->ifindex < b->ifindex ? -1 : a->ifindex > b->ifindex;
}

// Lists the links that have a name. Free the entries, whatever is returned: 0 or -ENOMEM.
static int list_links(const struct osh_snapshot *snapshot, struct named_links *links) {
  links->count = 0;
  links->entries = calloc(snapshot->link_count + 1, sizeof(struct osh_link *));
  if (links->entries == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (snapshot->links[i].name[0] != '\0')
      links->entries[links->count++] = &snapshot->links[i];
  qsort(links->entries, links->count, sizeof(struct osh_link *), compare_order);
  return 0;
}

static struct sockaddr *fill_hwaddr(union address *address, const struct osh_link *link,
                                    const uint8_t *bytes, uint8_t length) {
  address->link = (struct link_sockaddr){
      .family = AF_PACKET, .ifindex = (int32_t)link->ifindex, .type = link->type, .length = length};
  memcpy(address->link.bytes, bytes, length);
  return &address->any;
}

static struct sockaddr *fill_ip(union address *address, const struct osh_address *like,
                                const uint8_t *bytes) {
  if (like->family == AF_INET) {
    address->ipv4.sin_family = AF_INET;
    memcpy(&address->ipv4.sin_addr, bytes, sizeof(address->ipv4.sin_addr));
  } else {
    address->ipv6.sin6_family = AF_INET6;
    memcpy(&address->ipv6.sin6_addr, bytes, sizeof(address->ipv6.sin6_addr));
    address->ipv6.sin6_scope_id = osh_is_link_local(bytes) ? like->ifindex : 0;
  }
  return &address->any;
}

static struct sockaddr *fill_netmask(union address *netmask, const struct osh_address *address) {
  uint8_t bytes[16] = {0};
  memset(bytes, 0xff, address->prefix_len / 8);
  if (address->prefix_len % 8 != 0)
    bytes[address->prefix_len / 8] = (uint8_t)(0xff << (8 - address->prefix_len % 8));
  (void)fill_ip(netmask, address, bytes);
  // A mask has no scope, whatever address it looks like.
  if (address->family == AF_INET6)
    netmask->ipv6.sin6_scope_id = 0;
  return &netmask->any;
}

static void fill_link_entry(struct entry *entry, const struct osh_snapshot *snapshot,
                            const struct osh_link *link, struct rtnl_link_stats *stats) {
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  memcpy(entry->name, link->name, sizeof(entry->name));
  entry->ifaddrs.ifa_name = entry->name;
  entry->ifaddrs.ifa_flags = link->flags;
  if (link->hwaddr_len > 0)
    entry->ifaddrs.ifa_addr = fill_hwaddr(&entry->address, link, link->hwaddr, link->hwaddr_len);
  if (details == NULL)
    return;
  if (details->broadcast_len > 0)
    entry->ifaddrs.ifa_broadaddr =
        fill_hwaddr(&entry->other, link, details->broadcast, details->broadcast_len);
  if (details->facts & OSH_LINK_STATS) {
    *stats = details->stats;
    entry->ifaddrs.ifa_data = stats;
  }
}

// Returns the second address that getifaddrs(3) gives: for IPv4 the broadcast address, or without
// one the peer's, which without a peer is the address itself; for IPv6 the peer's; or NULL. An IPv4
// address whose second one is unknown has itself: that means "no broadcast address", too, and
// programs that look only at IFF_BROADCAST do not expect a null pointer.
static const uint8_t *broadcast_or_peer(const struct osh_snapshot *snapshot,
                                        const struct osh_address *address) {
  const struct osh_address_details *details = osh_address_details(snapshot, address);
  if (details != NULL && !osh_is_zero(details->broadcast, sizeof(details->broadcast)))
    return details->broadcast;
  if (details == NULL || !(details->facts & OSH_ADDRESS_PEER))
    return address->family == AF_INET ? address->bytes : NULL;
  return osh_is_zero(details->peer, sizeof(details->peer)) ? NULL : details->peer;
}

static void fill_address_entry(struct entry *entry, const struct osh_snapshot *snapshot,
                               const struct osh_address *address) {
  memcpy(entry->name, osh_address_name(snapshot, address), sizeof(entry->name));
  entry->ifaddrs.ifa_name = entry->name;
  entry->ifaddrs.ifa_flags = snapshot->links[address->link].flags;
  entry->ifaddrs.ifa_addr = fill_ip(&entry->address, address, address->bytes);
  entry->ifaddrs.ifa_netmask = fill_netmask(&entry->netmask, address);
  const uint8_t *other = broadcast_or_peer(snapshot, address);
  if (other != NULL)
    entry->ifaddrs.ifa_broadaddr = fill_ip(&entry->other, address, other);
}

static int make_ifaddrs(const struct osh_snapshot *snapshot, const struct named_links *links,
                        struct ifaddrs **list) {
  const size_t count = links->count + snapshot->address_count;
  if (count == 0)
    return 0;
  struct entry *entries =
      osh_block_make(count * sizeof(struct entry) + links->count * sizeof(struct rtnl_link_stats));
  if (entries == NULL)
    return -ENOMEM;
  struct rtnl_link_stats *stats = (struct rtnl_link_stats *)(void *)&entries[count];
  for (size_t i = 0; i < links->count; i++)
    fill_link_entry(&entries[i], snapshot, links->entries[i], &stats[i]);
  for (size_t i = 0; i < snapshot->address_count; i++)
    fill_address_entry(&entries[links->count + i], snapshot, &snapshot->addresses[i]);
  for (size_t i = 1; i < count; i++)
    entries[i - 1].ifaddrs.ifa_next = &entries[i].ifaddrs;
  *list = &entries->ifaddrs;
  return 0;
}

int osh_ifaddrs(unsigned sources, struct ifaddrs **list) {
  struct osh_snapshot snapshot;
  struct named_links links = {0};
  *list = NULL;
  int error = osh_read(
      &snapshot, (struct osh_request){.sources = sources, .all_links = true, .details = true});
  if (error == 0)
    error = list_links(&snapshot, &links);
  if (error == 0)
    error = make_ifaddrs(&snapshot, &links, list);
  free(links.entries);
  osh_snapshot_free(&snapshot);
  return error;
}

static int make_nameindex(const struct named_links *links, struct if_nameindex **list) {
  const size_t count = links->count;
  struct if_nameindex *names =
      osh_block_make((count + 1) * sizeof(struct if_nameindex) + count * IFNAMSIZ);
  if (names == NULL)
    return -ENOMEM;
  char *text = (char *)&names[count + 1];
  for (size_t i = 0; i < count; i++, text += IFNAMSIZ) {
    memcpy(text, links->entries[i]->name, IFNAMSIZ);
    names[i] = (struct if_nameindex){links->entries[i]->ifindex, text};
  }
  *list = names;
  return 0;
}

// A list of links is a result even if no addresses could be read.
int osh_nameindex(unsigned sources, struct if_nameindex **list) {
  struct osh_snapshot snapshot;
  struct named_links links = {0};
  *list = NULL;
  int refusal = osh_read(&snapshot, (struct osh_request){.sources = sources, .all_links = true});
  int error = list_links(&snapshot, &links);
  if (error == 0 && links.count == 0)
    error = refusal;
  if (error == 0)
    error = make_nameindex(&links, list);
  free(links.entries);
  osh_snapshot_free(&snapshot);
  return error;
}
