// A snapshot and its details as the lists that getifaddrs(3) and if_nameindex(3) return, in glibc's
// order and with its habits. Nothing is read here.

#include "lists.h"
#include "block.h"
#include "details.h"

#include <errno.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

// As struct sockaddr_ll, whose eight bytes are too few for InfiniBand's twenty. glibc, too, goes
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

_Static_assert(alignof(struct entry) <= OSH_BLOCK_OFFSET &&
                   alignof(struct if_nameindex) <= OSH_BLOCK_OFFSET,
               "a block is aligned for both lists");

static struct sockaddr *fill_link(union address *address, const struct osh_link *link,
                                  const uint8_t *bytes, uint8_t length) {
  address->link = (struct link_sockaddr){
      .family = AF_PACKET, .ifindex = (int32_t)link->ifindex, .type = link->type, .length = length};
  memcpy(address->link.bytes, bytes, length);
  return &address->any;
}

// The scope id of an address that is link-local, unicast or multicast: the ifindex; of others 0.
static uint32_t scope_id(const struct in6_addr *address, uint32_t ifindex) {
  return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address) ? ifindex : 0;
}

static struct sockaddr *fill_ip(union address *address, const struct osh_address *like,
                                const uint8_t *bytes) {
  if (like->family == AF_INET) {
    address->ipv4.sin_family = AF_INET;
    memcpy(&address->ipv4.sin_addr, bytes, sizeof(address->ipv4.sin_addr));
  } else {
    address->ipv6.sin6_family = AF_INET6;
    memcpy(&address->ipv6.sin6_addr, bytes, sizeof(address->ipv6.sin6_addr));
    address->ipv6.sin6_scope_id = scope_id(&address->ipv6.sin6_addr, like->ifindex);
  }
  return &address->any;
}

static struct sockaddr *fill_netmask(union address *address, const struct osh_address *of) {
  uint8_t bytes[16] = {0};
  memset(bytes, 0xff, of->prefix_len / 8);
  if (of->prefix_len % 8 != 0)
    bytes[of->prefix_len / 8] = (uint8_t)(0xff << (8 - of->prefix_len % 8));
  (void)fill_ip(address, of, bytes);
  // A mask is no address, whatever it looks like.
  if (of->family == AF_INET6)
    address->ipv6.sin6_scope_id = 0;
  return &address->any;
}

static void fill_link_entry(struct entry *entry, struct osh_link_detail *detail,
                            struct rtnl_link_stats *stats) {
  const struct osh_link *link = &detail->link;
  memcpy(entry->name, link->name, sizeof(entry->name));
  entry->ifaddrs.ifa_name = entry->name;
  entry->ifaddrs.ifa_flags = link->flags;
  if (link->hwaddr_len > 0)
    entry->ifaddrs.ifa_addr = fill_link(&entry->address, link, link->hwaddr, link->hwaddr_len);
  if (detail->broadcast_len > 0)
    entry->ifaddrs.ifa_broadaddr =
        fill_link(&entry->other, link, detail->broadcast, detail->broadcast_len);
  if (detail->has_stats) {
    *stats = detail->stats;
    entry->ifaddrs.ifa_data = stats;
  }
}

// Where nobody tells an IPv4 address's second one, it is the address itself, which in glibc's lists
// means that there is no broadcast address. A null pointer there would be new to programs that look
// at IFF_BROADCAST alone.
static const uint8_t *other_bytes(const struct osh_address *address,
                                  const struct osh_address_detail *detail) {
  if (detail->other == OSH_OTHER_TOLD)
    return detail->bytes;
  return detail->other == OSH_OTHER_UNKNOWN && address->family == AF_INET ? address->bytes : NULL;
}

static void fill_address_entry(struct entry *entry, const struct osh_address *address,
                               const struct osh_link *link,
                               const struct osh_address_detail *detail) {
  const char *name = address->name[0] != '\0' ? address->name : link->name;
  memcpy(entry->name, name, sizeof(entry->name));
  entry->ifaddrs.ifa_name = entry->name;
  entry->ifaddrs.ifa_flags = link->flags;
  entry->ifaddrs.ifa_addr = fill_ip(&entry->address, address, address->bytes);
  entry->ifaddrs.ifa_netmask = fill_netmask(&entry->netmask, address);
  const uint8_t *other = other_bytes(address, detail);
  if (other != NULL)
    entry->ifaddrs.ifa_broadaddr = fill_ip(&entry->other, address, other);
}

// The link in the details, whose flags are all of 32 bits if rtnetlink told them.
static const struct osh_link *find_link(const struct osh_details *details,
                                        const struct osh_link *link, size_t *hint) {
  for (size_t i = 0; i < details->link_count; i++) {
    const size_t place = (*hint + i) % details->link_count;
    if (details->links[place].link.ifindex == link->ifindex) {
      *hint = place;
      return &details->links[place].link;
    }
  }
  return link;
}

static int make_list(const void *owner, const struct osh_snapshot *snapshot,
                     const struct osh_details *details, struct ifaddrs **list) {
  const size_t links = details->link_count;
  const size_t count = links + snapshot->address_count;
  struct entry *entries =
      osh_block_make(owner, count * sizeof(struct entry) + links * sizeof(struct rtnl_link_stats));
  if (entries == NULL)
    return -ENOMEM;
  struct rtnl_link_stats *stats = (struct rtnl_link_stats *)(void *)&entries[count];
  for (size_t i = 0; i < links; i++)
    fill_link_entry(&entries[i], &details->links[i], &stats[i]);
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    fill_address_entry(&entries[links + i], address,
                       find_link(details, &snapshot->links[address->link], &hint),
                       &details->addresses[i]);
  }
  for (size_t i = 1; i < count; i++)
    entries[i - 1].ifaddrs.ifa_next = &entries[i].ifaddrs;
  *list = &entries->ifaddrs;
  return 0;
}

EXPORT int osh_ifaddrs(const void *owner, struct ifaddrs **list) {
  struct osh_snapshot snapshot;
  struct osh_details details = {0};
  int error = osh_snapshot_read(&snapshot, OSH_SOURCES_ALL);
  if (error == 0)
    error = osh_details_read(&details, &snapshot);
  if (error == 0 && details.link_count + snapshot.address_count > 0)
    error = make_list(owner, &snapshot, &details, list);
  else
    *list = NULL;
  osh_details_free(&details);
  osh_snapshot_free(&snapshot);
  return error;
}

static int make_names(const void *owner, const struct osh_details *details,
                      struct if_nameindex **list) {
  const size_t count = details->link_count;
  struct if_nameindex *names =
      osh_block_make(owner, (count + 1) * sizeof(struct if_nameindex) + count * IFNAMSIZ);
  if (names == NULL)
    return -ENOMEM;
  char *text = (char *)&names[count + 1];
  for (size_t i = 0; i < count; i++, text += IFNAMSIZ) {
    memcpy(text, details->links[i].link.name, IFNAMSIZ);
    names[i] = (struct if_nameindex){details->links[i].link.ifindex, text};
  }
  *list = names;
  return 0;
}

// The addresses are read for the links that only they name, and need not be told.
EXPORT int osh_nameindex(const void *owner, struct if_nameindex **list) {
  struct osh_snapshot snapshot;
  struct osh_details details = {0};
  int refusal = osh_snapshot_read(&snapshot, OSH_SOURCES_ALL);
  int error = osh_details_read(&details, &snapshot);
  if (error == 0 && details.link_count == 0 && refusal != 0)
    error = refusal;
  if (error == 0)
    error = make_names(owner, &details, list);
  osh_details_free(&details);
  osh_snapshot_free(&snapshot);
  return error;
}
