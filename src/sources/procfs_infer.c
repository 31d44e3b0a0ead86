// What /proc/net suggests about links and addresses; see procfs_infer.h.

#include "procfs_infer.h"
#include "../core/links.h"
#include "../kernel/proc_net.h"
#include "procfs_parse.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

// In every namespace (loopback_net_init()).
#define LOOPBACK_IFINDEX 1

// IP6_RT_PRIO_ADDRCONF of the kernel.
#define SUBNET_METRIC 256

static const uint8_t ipv6_loopback[16] = {[15] = 1};

struct routes {
  struct osh_route *entries; // by name
  size_t count;
  bool changed; // the file changed during each reading
};

static int compare_routes(const void *left, const void *right) {
  return strcmp(((const struct osh_route *)left)->name, ((const struct osh_route *)right)->name);
}

// Reads the routes to on-link subnets. The default route is not one: the kernel adds no route for
// an address with a prefix length of 0 (fib_add_ifaddr()).
static void read_routes(struct routes *routes) {
  struct osh_contents contents;
  if (osh_proc_net_read(OSH_PROC_NET_ROUTE, &contents) != 0)
    return;
  routes->changed = contents.changed;
  size_t lines = 0;
  struct osh_text line;
  for (struct osh_text rest = contents.text; osh_next_line(&rest, &line);)
    lines++;
  routes->entries = calloc(lines + 1, sizeof(*routes->entries));
  while (routes->entries != NULL && osh_next_line(&contents.text, &line)) {
    struct osh_route *route = &routes->entries[routes->count];
    if (osh_parse_route(line, route) && route->on_link && route->mask != 0)
      routes->count++;
  }
  free(contents.bytes);
  if (routes->count > 0)
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

// Returns the prefix length of the narrowest subnet on the link that has the address; without one,
// that of a host.
static uint8_t infer_prefix_len(const struct routes *routes, const struct osh_link *link,
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

static void infer_prefixes(struct osh_snapshot *snapshot, bool may_read,
                           struct osh_inference *inference) {
  struct routes routes = {0};
  bool read = !may_read;
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    if (address->facts & OSH_ADDRESS_PREFIX_KNOWN)
      continue;
    const struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL)
      continue;
    if (!read)
      read_routes(&routes);
    read = true;
    address->prefix_len = infer_prefix_len(&routes, link, address);
    address->facts |= OSH_ADDRESS_PREFIX_INFERRED;
    inference->prefixes = true;
  }
  free(routes.entries);
  inference->is_doubtful |= routes.changed;
}

// If rtnetlink provided the addresses and no source the links, if_inet6 names those with IPv6.
static void read_names(struct osh_snapshot *snapshot) {
  struct osh_contents contents;
  if (osh_proc_net_read(OSH_PROC_NET_IF_INET6, &contents) != 0)
    return;
  struct osh_text line;
  struct osh_if_inet6 entry;
  size_t hint = 0;
  while (osh_next_line(&contents.text, &line)) {
    struct osh_link *link =
        osh_parse_if_inet6(line, &entry) ? osh_find_link(snapshot, entry.ifindex, &hint) : NULL;
    if (link == NULL || (link->facts & OSH_LINK_NAME))
      continue;
    memcpy(link->name, entry.name, sizeof(link->name));
    link->facts |= OSH_LINK_NAME;
  }
  free(contents.bytes);
}

static int compare_names(const void *left, const void *right) {
  return strcmp((*(struct osh_link *const *)left)->name, (*(struct osh_link *const *)right)->name);
}

static int compare_name(const void *key, const void *element) {
  return strcmp(key, (*(struct osh_link *const *)element)->name);
}

// A link that goes down keeps only the routes to its own addresses, so a link with another one is
// up. The loopback link loses ::1, too, and its subnets, which appear as if rejected, but with the
// metric of a subnet. /proc does not show whether a link has a carrier: this assumes that it has.
static bool implies_up(const struct osh_ipv6_route *route) {
  if (route->reject)
    return route->metric == SUBNET_METRIC;
  return !route->local || memcmp(route->destination, ipv6_loopback, sizeof(ipv6_loopback)) == 0;
}

// Sorts the links by name. Returns false if the routes cannot be read.
static bool infer_flags_from_routes(struct osh_link **by_name, size_t count, bool *is_doubtful) {
  struct osh_contents contents;
  if (osh_proc_net_read(OSH_PROC_NET_IPV6_ROUTE, &contents) != 0)
    return false;
  qsort(by_name, count, sizeof(struct osh_link *), compare_names);
  struct osh_text line;
  while (osh_next_line(&contents.text, &line)) {
    struct osh_ipv6_route route;
    if (!osh_parse_ipv6_route(line, &route))
      continue;
    struct osh_link **link =
        bsearch(route.name, by_name, count, sizeof(struct osh_link *), compare_name);
    if (link == NULL)
      continue;
    (*link)->facts |= OSH_LINK_HAS_ROUTES;
    if (implies_up(&route))
      (*link)->flags |= IFF_UP | IFF_RUNNING;
  }
  free(contents.bytes);
  *is_doubtful = contents.changed;
  return true;
}

// Even a link that is down has the routes to its own IPv6 addresses.
static void infer_flags_from_addresses(struct osh_snapshot *snapshot, bool routes_known,
                                       bool *is_doubtful) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || !(link->facts & OSH_LINK_FLAGS_INFERRED))
      continue;
    if (link->ifindex == LOOPBACK_IFINDEX)
      link->flags |= IFF_LOOPBACK;
    // A link without IPv6 has no IPv6 routes, up or down: its addresses suggest that it is up.
    if (address->family == AF_INET || !routes_known)
      link->flags |= IFF_UP | IFF_RUNNING;
    else if (!(link->facts & OSH_LINK_HAS_ROUTES))
      *is_doubtful = true;
  }
}

// Without the memory to look links up by name, only the addresses suggest something.
static bool infer_flags(struct osh_snapshot *snapshot, bool may_read) {
  struct osh_link **by_name = calloc(snapshot->link_count + 1, sizeof(*by_name));
  size_t count = 0;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    if (link->facts & OSH_LINK_FLAGS)
      continue;
    link->facts |= OSH_LINK_FLAGS_INFERRED;
    if (by_name != NULL)
      by_name[count++] = link;
  }
  bool is_doubtful = false;
  bool routes_known =
      count > 0 && may_read && infer_flags_from_routes(by_name, count, &is_doubtful);
  if (count > 0 || by_name == NULL)
    infer_flags_from_addresses(snapshot, routes_known, &is_doubtful);
  free(by_name);
  return is_doubtful;
}

struct osh_inference osh_procfs_infer(struct osh_snapshot *snapshot, bool may_read) {
  if (may_read && (snapshot->missing & OSH_FACT_LINKS) &&
      snapshot->attempts[OSH_SOURCE_RTNETLINK].provided != 0)
    read_names(snapshot);
  struct osh_inference inference = {.is_doubtful = infer_flags(snapshot, may_read)};
  infer_prefixes(snapshot, may_read, &inference);
  return inference;
}
