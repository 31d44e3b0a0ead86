// What no source told and /proc/net only suggests: prefix lengths from the on-link routes, and from
// routes and addresses whether a link is up and a loopback. All of it is marked as inferred, and
// nothing that a source told is touched.

#include "procfs.h"
#include "source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

// The kernel makes sure of it in every namespace (loopback_net_init()).
#define LOOPBACK_IFINDEX 1

// IP6_RT_PRIO_ADDRCONF.
#define SUBNET_METRIC 256

static const uint8_t ipv6_loopback[16] = {[15] = 1};

struct routes {
  struct osh_route *entries; // by name
  size_t count;
};

static int compare_routes(const void *left, const void *right) {
  return strcmp(((const struct osh_route *)left)->name, ((const struct osh_route *)right)->name);
}

// The subnets that are on a link. The default route is none: the kernel adds no route for a prefix
// length of 0 (fib_add_ifaddr()).
static void read_routes(struct routes *routes) {
  struct osh_text text;
  char *owned;
  const char *ignored;
  memset(routes, 0, sizeof(*routes));
  if (osh_procfs_slurp(OSH_PROCFS_ROUTE, &owned, &text, &ignored) != 0)
    return;
  size_t lines = 0;
  struct osh_text line;
  for (struct osh_text rest = text; osh_next_line(&rest, &line);)
    lines++;
  routes->entries = calloc(lines + 1, sizeof(*routes->entries));
  while (routes->entries != NULL && osh_next_line(&text, &line)) {
    struct osh_route *route = &routes->entries[routes->count];
    if (osh_parse_route(line, route) && route->on_link && route->mask != 0)
      routes->count++;
  }
  free(owned);
  if (routes->count > 1)
    qsort(routes->entries, routes->count, sizeof(*routes->entries), compare_routes);
}

static size_t first_route_of(const struct routes *routes, const char *name) {
  size_t low = 0;
  size_t high = routes->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(routes->entries[middle].name, name) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The narrowest subnet on the link that the address is in; without one, a host's own.
static uint8_t likely_prefix_len(const struct routes *routes, const struct osh_link *link,
                                 const struct osh_address *address) {
  if ((link->flags & IFF_LOOPBACK) && address->bytes[0] == IN_LOOPBACKNET)
    return 8;
  in_addr_t own;
  memcpy(&own, address->bytes, sizeof(own));
  uint8_t narrowest = 0;
  for (size_t i = first_route_of(routes, link->name);
       i < routes->count && strcmp(routes->entries[i].name, link->name) == 0; i++) {
    const struct osh_route *route = &routes->entries[i];
    uint8_t prefix_len = (uint8_t)__builtin_popcount(route->mask);
    if ((own & route->mask) == route->destination && prefix_len > narrowest)
      narrowest = prefix_len;
  }
  return narrowest == 0 ? 32 : narrowest;
}

static bool lacks_prefix(const struct osh_address *address) {
  return !(address->marks & OSH_ADDRESS_PREFIX_KNOWN);
}

static void infer_prefixes(struct osh_snapshot *snapshot, bool procfs) {
  struct routes routes = {0};
  if (procfs)
    read_routes(&routes);
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    const struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || !lacks_prefix(address))
      continue;
    address->prefix_len = likely_prefix_len(&routes, link, address);
    address->marks |= OSH_ADDRESS_PREFIX_INFERRED;
  }
  free(routes.entries);
}

// Where netlink told addresses and nobody told links, the IPv6 ones are named in if_inet6.
static void read_names(struct osh_snapshot *snapshot) {
  struct osh_text text;
  char *owned;
  const char *ignored;
  if (osh_procfs_slurp(OSH_PROCFS_IF_INET6, &owned, &text, &ignored) != 0)
    return;
  struct osh_text line;
  size_t hint = 0;
  while (osh_next_line(&text, &line)) {
    struct osh_if_inet6 entry;
    if (!osh_parse_if_inet6(line, &entry))
      continue;
    struct osh_link *link = osh_find_link(snapshot, entry.ifindex, &hint);
    if (link != NULL && !(link->marks & OSH_LINK_NAME)) {
      memcpy(link->name, entry.name, sizeof(link->name));
      link->marks |= OSH_LINK_NAME;
    }
  }
  free(owned);
}

static int compare_names(const void *left, const void *right) {
  return strcmp((*(struct osh_link *const *)left)->name, (*(struct osh_link *const *)right)->name);
}

static int compare_name(const void *key, const void *element) {
  return strcmp(key, (*(struct osh_link *const *)element)->name);
}

// A link that goes down loses its routes but those to its own addresses, so every link with another
// one is up. The loopback link loses ::1, too, and its subnets, which are shown as if rejected, but
// with the metric of a subnet. Whether a link has a carrier, /proc does not tell: it is taken to.
static bool shows_up(const struct osh_ipv6_route *route) {
  if (route->reject)
    return route->metric == SUBNET_METRIC;
  return !route->local || memcmp(route->destination, ipv6_loopback, sizeof(ipv6_loopback)) == 0;
}

// False when the routes cannot be read.
static bool raise_links_with_routes(struct osh_link **by_name, size_t count) {
  struct osh_text text;
  char *owned;
  const char *ignored;
  if (osh_procfs_slurp(OSH_PROCFS_IPV6_ROUTE, &owned, &text, &ignored) != 0)
    return false;
  struct osh_text line;
  while (osh_next_line(&text, &line)) {
    struct osh_ipv6_route route;
    if (!osh_parse_ipv6_route(line, &route) || !shows_up(&route))
      continue;
    struct osh_link **link =
        bsearch(route.name, by_name, count, sizeof(struct osh_link *), compare_name);
    if (link != NULL)
      (*link)->flags |= IFF_UP | IFF_RUNNING;
  }
  free(owned);
  return true;
}

// What the addresses of a link whose flags are unknown say about it.
static void infer_from_addresses(struct osh_snapshot *snapshot, bool routes_known) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || !(link->marks & OSH_LINK_INFERRED))
      continue;
    if (link->ifindex == LOOPBACK_IFINDEX)
      link->flags |= IFF_LOOPBACK;
    // A link without IPv6 has no routes there, up or not. That it has addresses must do.
    if (address->family == AF_INET || !routes_known)
      link->flags |= IFF_UP | IFF_RUNNING;
  }
}

static void infer_flags(struct osh_snapshot *snapshot, bool procfs) {
  struct osh_link **by_name = calloc(snapshot->link_count + 1, sizeof(*by_name));
  size_t count = 0;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    if (link->marks & OSH_LINK_FLAGS)
      continue;
    link->marks |= OSH_LINK_INFERRED;
    if (by_name != NULL)
      by_name[count++] = link;
  }
  bool routes_known = false;
  if (count > 0) {
    qsort(by_name, count, sizeof(*by_name), compare_names);
    routes_known = procfs && raise_links_with_routes(by_name, count);
  }
  infer_from_addresses(snapshot, routes_known);
  free(by_name);
}

static bool any_link_lacks(const struct osh_snapshot *snapshot, uint8_t mark) {
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (!(snapshot->links[i].marks & mark))
      return true;
  return false;
}

static bool any_address_lacks_prefix(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (lacks_prefix(&snapshot->addresses[i]))
      return true;
  return false;
}

void osh_infer(struct osh_snapshot *snapshot, bool procfs) {
  if (procfs && any_link_lacks(snapshot, OSH_LINK_NAME))
    read_names(snapshot);
  if (any_link_lacks(snapshot, OSH_LINK_FLAGS))
    infer_flags(snapshot, procfs);
  if (any_address_lacks_prefix(snapshot))
    infer_prefixes(snapshot, procfs);
}
