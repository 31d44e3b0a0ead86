// What /proc/net suggests about links and addresses; see procfs_infer.h.

#include "procfs_infer.h"
#include "../core/links.h"
#include "../kernel/proc_net.h"
#include "procfs_parse.h"

#include <arpa/inet.h>
#include <errno.h>
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

// The default route is no subnet: the kernel adds no route for an address with a prefix length of 0
// (fib_add_ifaddr()). Nor is a route to one address, such as gVisor's routes to its own.
static bool is_subnet(const struct osh_route *route) {
  return route->on_link && route->prefix_len > 0 && route->prefix_len < 32;
}

static int parse_routes(struct osh_text text, struct routes *routes) {
  size_t lines = 0;
  struct osh_text line;
  for (struct osh_text rest = text; osh_next_line(&rest, &line);)
    lines++;
  routes->entries = calloc(lines + 1, sizeof(*routes->entries));
  if (routes->entries == NULL)
    return -ENOMEM;
  bool valid = osh_skip_route_heading(&text);
  while (valid && osh_next_line(&text, &line)) {
    struct osh_route *route = &routes->entries[routes->count];
    valid = osh_parse_route(line, route);
    routes->count += valid && is_subnet(route);
  }
  qsort(routes->entries, routes->count, sizeof(*routes->entries), compare_routes);
  return valid ? 0 : -EBADMSG;
}

// Reads the routes to on-link subnets, or records why not.
static void read_routes(struct routes *routes, struct osh_attempt *attempt) {
  struct osh_contents contents;
  int error = osh_proc_net_read(OSH_PROC_NET_ROUTE, &contents);
  const char *call = contents.call;
  if (error == 0) {
    routes->changed = contents.changed;
    error = parse_routes(contents.text, routes);
    call = error == -ENOMEM ? "malloc" : "read(/proc/net/route)";
  }
  free(contents.bytes);
  if (error == 0)
    return;
  routes->count = 0;
  osh_record_failure(attempt, call, error);
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

static bool is_in_subnet(const struct osh_address *address, const struct osh_route *route) {
  in_addr_t own;
  memcpy(&own, address->bytes, sizeof(own));
  return ((own ^ route->destination) & htonl(UINT32_MAX << (32 - route->prefix_len))) == 0;
}

// Returns the prefix lengths of equal addresses that come before this one on the same link, as
// bits: only their peers can tell two with the same prefix length apart (__inet_insert_ifa()).
static uint64_t taken_prefixes(const struct osh_snapshot *snapshot, size_t index) {
  const struct osh_address *address = &snapshot->addresses[index];
  uint64_t taken = 0;
  if (!snapshot->has_duplicates)
    return taken;
  for (size_t i = index; i > 0 && snapshot->addresses[i - 1].ifindex == address->ifindex; i--) {
    const struct osh_address *other = &snapshot->addresses[i - 1];
    if (memcmp(other->bytes, address->bytes, sizeof(address->bytes)) == 0)
      taken |= UINT64_C(1) << other->prefix_len;
  }
  return taken;
}

// Returns the prefix length of the narrowest subnet on the link that has the address and is not
// taken; without one, that of a host.
static uint8_t infer_prefix_len(const struct osh_snapshot *snapshot, size_t index,
                                const struct routes *routes, const struct osh_link *link) {
  const struct osh_address *address = &snapshot->addresses[index];
  if ((link->flags & IFF_LOOPBACK) && address->bytes[0] == IN_LOOPBACKNET)
    return 8;
  const uint64_t taken = taken_prefixes(snapshot, index);
  uint8_t narrowest = 0;
  for (size_t i = first_route_of(routes, link->name);
       i < routes->count && strcmp(routes->entries[i].name, link->name) == 0; i++) {
    const struct osh_route *route = &routes->entries[i];
    if (route->prefix_len > narrowest && !(taken >> route->prefix_len & 1) &&
        is_in_subnet(address, route))
      narrowest = route->prefix_len;
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
      read_routes(&routes, &snapshot->attempts[OSH_SOURCE_PROCFS]);
    read = true;
    address->prefix_len = infer_prefix_len(snapshot, i, &routes, link);
    address->facts |= OSH_ADDRESS_PREFIX_INFERRED;
    inference->prefixes = true;
  }
  free(routes.entries);
  inference->is_doubtful |= routes.changed;
}

// If rtnetlink provided the addresses and no source the links, if_inet6 names those with IPv6.
// Returns whether the file changed during each reading, so that a name may be missing.
static bool read_names(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  struct osh_contents contents;
  int error = osh_proc_net_read(OSH_PROC_NET_IF_INET6, &contents);
  if (error != 0) {
    osh_record_failure(attempt, contents.call, error);
    return false;
  }
  struct osh_text line;
  struct osh_if_inet6 entry;
  size_t hint = 0;
  while (osh_next_line(&contents.text, &line)) {
    const bool parsed = osh_parse_if_inet6(line, &entry);
    if (!parsed)
      osh_record_failure(attempt, "read(/proc/net/if_inet6)", -EBADMSG);
    struct osh_link *link = parsed ? osh_find_link(snapshot, entry.ifindex, &hint) : NULL;
    if (link == NULL || (link->facts & OSH_LINK_NAME))
      continue;
    memcpy(link->name, entry.name, sizeof(link->name));
    link->facts |= OSH_LINK_NAME;
  }
  free(contents.bytes);
  return contents.changed;
}

static int compare_names(const void *left, const void *right) {
  return strcmp((*(struct osh_link *const *)left)->name, (*(struct osh_link *const *)right)->name);
}

static int compare_name(const void *key, const void *element) {
  return strcmp(key, (*(struct osh_link *const *)element)->name);
}

// A link that goes down keeps only the routes to its own addresses, so a link with another one is
// up. One without may be up, too: noprefixroute, or lo. The loopback link loses ::1, too, and its
// subnets, which appear as if rejected, but with the metric of a subnet. /proc does not show
// whether a link has a carrier: this assumes that it has.
static bool implies_up(const struct osh_ipv6_route *route) {
  if (route->reject)
    return route->metric == SUBNET_METRIC;
  return !route->local || memcmp(route->destination, ipv6_loopback, sizeof(ipv6_loopback)) == 0;
}

// Needs links that are sorted by name. Returns false if a line is not a route.
static bool apply_routes(struct osh_link **by_name, size_t count, struct osh_text text) {
  struct osh_text line;
  struct osh_ipv6_route route;
  bool valid = true;
  while (valid && osh_next_line(&text, &line)) {
    valid = osh_parse_ipv6_route(line, &route);
    struct osh_link **link =
        valid && route.name[0] != '\0'
            ? bsearch(route.name, by_name, count, sizeof(struct osh_link *), compare_name)
            : NULL;
    if (link == NULL)
      continue;
    (*link)->facts |= OSH_LINK_HAS_ROUTES;
    if (implies_up(&route))
      (*link)->flags |= IFF_UP | IFF_RUNNING;
  }
  return valid;
}

// Sorts the links by name. Returns false if the routes cannot be read, and records why.
static bool infer_flags_from_routes(struct osh_link **by_name, size_t count, bool *is_doubtful,
                                    struct osh_attempt *attempt) {
  struct osh_contents contents;
  int error = osh_proc_net_read(OSH_PROC_NET_IPV6_ROUTE, &contents);
  const char *call = contents.call;
  qsort(by_name, count, sizeof(struct osh_link *), compare_names);
  if (error == 0 && !apply_routes(by_name, count, contents.text)) {
    call = "read(/proc/net/ipv6_route)";
    error = -EBADMSG;
  }
  free(contents.bytes);
  *is_doubtful = contents.changed;
  // A kernel without IPv6 has no such file.
  if (error != 0 && error != -ENOENT)
    osh_record_failure(attempt, call, error);
  return error == 0;
}

// If no route shows that a link is up, its addresses may. An address that has passed duplicate
// address detection has been on a link that was up (addrconf_dad_begin()). One without detection
// (nodad, tunnels, lo), or whose detection has not ended, need not have been. lo's routes do not
// show its state either. What /proc does not show is taken for up, so that no address is withheld.
static void infer_flags_from_addresses(struct osh_snapshot *snapshot, bool routes_known,
                                       bool *is_doubtful) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || !(link->facts & OSH_LINK_FLAGS_INFERRED))
      continue;
    if (!routes_known || link->ifindex == LOOPBACK_IFINDEX ||
        !(address->facts & OSH_ADDRESS_UNCHECKED))
      link->flags |= IFF_UP | IFF_RUNNING;
    else if (!(link->facts & OSH_LINK_HAS_ROUTES))
      *is_doubtful = true;
  }
}

static bool infer_flags(struct osh_snapshot *snapshot, bool may_read, struct osh_attempt *attempt) {
  struct osh_link **by_name = calloc(snapshot->link_count + 1, sizeof(*by_name));
  size_t count = 0;
  if (by_name == NULL) {
    osh_record_failure(attempt, "malloc", -ENOMEM);
    return false;
  }
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    if (link->facts & OSH_LINK_FLAGS)
      continue;
    link->facts |= OSH_LINK_FLAGS_INFERRED;
    if (link->ifindex == LOOPBACK_IFINDEX)
      link->flags |= IFF_LOOPBACK;
    by_name[count++] = link;
  }
  bool is_doubtful = false;
  bool routes_known =
      count > 0 && may_read && infer_flags_from_routes(by_name, count, &is_doubtful, attempt);
  if (count > 0)
    infer_flags_from_addresses(snapshot, routes_known, &is_doubtful);
  free(by_name);
  return is_doubtful;
}

struct osh_inference osh_procfs_infer(struct osh_snapshot *snapshot, bool may_read) {
  struct osh_attempt *attempt = &snapshot->attempts[OSH_SOURCE_PROCFS];
  struct osh_inference inference = {0};
  if (may_read && (snapshot->missing & OSH_FACT_LINKS) &&
      snapshot->attempts[OSH_SOURCE_RTNETLINK].provided != 0)
    inference.is_doubtful = read_names(snapshot, attempt);
  inference.is_doubtful |= infer_flags(snapshot, may_read, attempt);
  infer_prefixes(snapshot, may_read, &inference);
  return inference;
}
