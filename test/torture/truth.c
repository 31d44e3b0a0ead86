// Judges what came of a read; see truth.h. Knows the snapshot by its public header only.

#include "truth.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct osh_snapshot truth;

void truth_read(void) {
  if (osh_snapshot_read(&truth, OSH_SOURCES_ALL) != 0 || truth.missing != 0)
    abort();
}

void truth_free(void) {
  osh_snapshot_free(&truth);
}

static const struct osh_link *link_of(const struct osh_snapshot *snapshot,
                                      const struct osh_address *address) {
  return &snapshot->links[address->link];
}

// What networkInterfaces() shows as its hardware address.
static const uint8_t *shown_mac(const struct osh_snapshot *snapshot,
                                const struct osh_address *address) {
  static const uint8_t zeros[32];
  return address->mac_link == OSH_NO_LINK ? zeros : snapshot->links[address->mac_link].hwaddr;
}

static const struct osh_link *true_link(uint32_t ifindex) {
  for (size_t i = 0; i < truth.link_count; i++)
    if (truth.links[i].ifindex == ifindex)
      return &truth.links[i];
  return NULL;
}

static bool same_bytes(const struct osh_address *a, const struct osh_address *b) {
  return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool same_facts(const struct osh_address *address, const struct osh_address *real) {
  if (!same_bytes(address, real))
    return false;
  if (!(address->marks & OSH_ADDRESS_LINK_INFERRED) && address->ifindex != real->ifindex)
    return false;
  bool told = (address->marks & OSH_ADDRESS_PREFIX_KNOWN) &&
              !(address->marks & OSH_ADDRESS_PREFIX_INFERRED);
  return (!told || address->prefix_len == real->prefix_len) &&
         strcmp(address->name, real->name) == 0;
}

static const struct osh_address *
find(const struct osh_snapshot *snapshot, const struct osh_address *wanted,
     bool same(const struct osh_address *, const struct osh_address *)) {
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (same(wanted, &snapshot->addresses[i]))
      return &snapshot->addresses[i];
  return NULL;
}

// The truth knows the links with addresses, and those that a label names.
static const char *judge_bare_link(const struct osh_link *link) {
  char name[IF_NAMESIZE];
  if (if_indextoname(link->ifindex, name) == NULL)
    return "a link that is not there";
  if ((link->marks & OSH_LINK_NAME) && strcmp(link->name, name) != 0)
    return "another link's name";
  return NULL;
}

static const char *judge_link(const struct osh_link *link) {
  const struct osh_link *real = true_link(link->ifindex);
  if (real == NULL)
    return judge_bare_link(link);
  if ((link->marks & OSH_LINK_NAME) && strcmp(link->name, real->name) != 0)
    return "another link's name";
  if ((link->marks & OSH_LINK_FLAGS) && (link->flags & 0xffff) != (real->flags & 0xffff))
    return "other flags";
  if ((link->marks & OSH_LINK_HWADDR) &&
      (link->type != real->type || memcmp(link->hwaddr, real->hwaddr, 6) != 0))
    return "another hardware address";
  if (!(link->marks & (OSH_LINK_FLAGS | OSH_LINK_INFERRED)) && link->flags != 0)
    return "flags without a mark";
  if (!(link->marks & OSH_LINK_HWADDR) && (link->hwaddr_len != 0 || link->hwaddr[0] != 0))
    return "a hardware address without a mark";
  return NULL;
}

// A label may name a link that nobody could be asked about: then the links are missing. That it
// names none (ENODEV) is an answer.
static bool knows_mac(const struct osh_snapshot *snapshot, const struct osh_address *address,
                      const struct fault *fault) {
  if (address->marks & OSH_ADDRESS_LINK_INFERRED)
    return false;
  if (address->mac_link == OSH_NO_LINK)
    return !(snapshot->missing & OSH_FACT_LINKS) && (fault == NULL || fault->error != ENODEV);
  return (snapshot->links[address->mac_link].marks & OSH_LINK_HWADDR) != 0;
}

static const char *judge_address(const struct osh_snapshot *snapshot,
                                 const struct osh_address *address, const struct fault *fault) {
  if (address->link >= snapshot->link_count ||
      link_of(snapshot, address)->ifindex != address->ifindex)
    return "an address without its link";
  const struct osh_address *real = find(&truth, address, same_facts);
  if (real == NULL)
    return find(&truth, address, same_bytes) == NULL ? "an address that is not there"
                                                     : "an address with other facts";
  if (knows_mac(snapshot, address, fault) &&
      memcmp(shown_mac(snapshot, address), shown_mac(&truth, real), 6) != 0)
    return "another link's hardware address";
  return NULL;
}

static bool omitted(const struct osh_snapshot *snapshot, const struct osh_address *real) {
  for (size_t i = 0; i < snapshot->omission_count; i++) {
    const struct osh_omission *omission = &snapshot->omissions[i];
    if (omission->family == real->family && memcmp(omission->bytes, real->bytes, 16) == 0 &&
        strcmp(omission->name, real->name) == 0)
      return true;
  }
  return false;
}

// That one is missing is told by the facts that are, by an omission, or by what went wrong with the
// source that told the others.
static const char *judge_missing(const struct osh_snapshot *snapshot,
                                 const struct osh_address *real) {
  unsigned fact = real->family == AF_INET ? OSH_FACT_IPV4 : OSH_FACT_IPV6;
  if ((snapshot->missing & fact) || omitted(snapshot, real) ||
      find(snapshot, real, same_bytes) != NULL)
    return NULL;
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    if ((snapshot->attempts[i].told & fact) && snapshot->attempts[i].error != 0)
      return NULL;
  return "an address is missing, and nothing says so";
}

static const char *judge_attempt(const struct osh_attempt *attempt, const struct fault *fault) {
  if ((attempt->error == 0) != (attempt->call == NULL))
    return "an error without its call";
  if (attempt->status == OSH_STATUS_ANSWERED && attempt->error != 0)
    return "an error in a full answer";
  // EPERM is also what a mode denies.
  if (attempt->error == 0 || fault == NULL || fault->how != HOW_REFUSE || fault->error == EPERM ||
      attempt->error != -fault->error || fault->call == CALL_POLL)
    return NULL;
  // libmnl's own memory is that for its socket, and the kernel's want of memory is not told from
  // ours.
  if ((fault->call == CALL_MALLOC && strcmp(attempt->call, "socket(AF_NETLINK)") == 0) ||
      (fault->error == ENOMEM && strcmp(attempt->call, "malloc") == 0))
    return NULL;
  const char *name = call_names[fault->call];
  return strncmp(attempt->call, name, strlen(name)) == 0 ? NULL
                                                         : "an error that names another call";
}

static bool is_first_error(const struct osh_snapshot *snapshot, int result) {
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    if (snapshot->attempts[i].error != 0)
      return snapshot->attempts[i].error == result;
  return false;
}

const char *judge_snapshot(const struct osh_snapshot *snapshot, int result,
                           const struct fault *fault) {
  const char *wrong = NULL;
  for (size_t i = 0; i < snapshot->link_count && wrong == NULL; i++)
    wrong = judge_link(&snapshot->links[i]);
  for (size_t i = 0; i < snapshot->address_count && wrong == NULL; i++)
    wrong = judge_address(snapshot, &snapshot->addresses[i], fault);
  for (size_t i = 0; i < truth.address_count && wrong == NULL; i++)
    wrong = judge_missing(snapshot, &truth.addresses[i]);
  for (int i = 0; i < OSH_SOURCE_COUNT && wrong == NULL; i++)
    wrong = judge_attempt(&snapshot->attempts[i], fault);
  if (wrong == NULL && snapshot->address_count > truth.address_count)
    return "more addresses than there are";
  if (wrong == NULL && result != 0 && !is_first_error(snapshot, result))
    return "an error that is not the first source's";
  return wrong;
}

static bool is_name_of(const char *name, const struct osh_address *address) {
  if (address->name[0] != '\0')
    return strcmp(name, address->name) == 0;
  const struct osh_link *link = true_link(address->ifindex);
  return link != NULL && strcmp(name, link->name) == 0;
}

static bool is_there(const char *name, const struct sockaddr *entry) {
  struct osh_address address = {.family = (uint8_t)entry->sa_family};
  if (entry->sa_family == AF_INET)
    memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)entry)->sin_addr, 4);
  else
    memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)entry)->sin6_addr, 16);
  for (size_t i = 0; i < truth.address_count; i++)
    if (same_bytes(&address, &truth.addresses[i]) && is_name_of(name, &truth.addresses[i]))
      return true;
  return false;
}

// All links, with or without addresses, are those of the process's namespace.
static const char *judge_packet(const struct ifaddrs *entry) {
  const struct sockaddr_ll *packet = (const struct sockaddr_ll *)(const void *)entry->ifa_addr;
  if (packet != NULL && if_nametoindex(entry->ifa_name) != (unsigned)packet->sll_ifindex)
    return "a packet address of another link";
  return if_nametoindex(entry->ifa_name) == 0 ? "a link that is not there" : NULL;
}

const char *judge_ifaddrs(const struct ifaddrs *list) {
  const char *wrong = NULL;
  for (const struct ifaddrs *entry = list; entry != NULL && wrong == NULL;
       entry = entry->ifa_next) {
    if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family == AF_PACKET)
      wrong = judge_packet(entry);
    else if (!is_there(entry->ifa_name, entry->ifa_addr))
      wrong = "an entry for an address that is not there";
    else if (entry->ifa_netmask == NULL)
      wrong = "an address without a netmask";
  }
  return wrong;
}

const char *judge_names(const struct if_nameindex *names) {
  for (; names->if_index != 0; names++)
    if (if_nametoindex(names->if_name) != names->if_index)
      return "the name of another link";
  return NULL;
}
