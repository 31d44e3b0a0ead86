// The checks of expected.h.

#include "expected.h"
#include "core/addresses.h"
#include "read.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static struct osh_snapshot expected;

void expected_read(void) {
  const struct osh_request everything = {
      .sources = OSH_SOURCES_ALL, .all_links = true, .details = true};
  if (osh_read(&expected, everything) != 0 || expected.missing != 0)
    abort();
}

void expected_free(void) {
  osh_snapshot_free(&expected);
}

// What networkInterfaces() returns as the hardware address.
static const uint8_t *mac_of(const struct osh_snapshot *snapshot,
                             const struct osh_address *address) {
  static const uint8_t zeros[32];
  return address->mac_link == OSH_NO_LINK ? zeros : snapshot->links[address->mac_link].hwaddr;
}

static const struct osh_link *find_link(const struct osh_snapshot *snapshot, uint32_t ifindex) {
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (snapshot->links[i].ifindex == ifindex)
      return &snapshot->links[i];
  return NULL;
}

static bool is_same_address(const struct osh_address *a, const struct osh_address *b) {
  return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool has_expected_facts(const struct osh_address *address, const struct osh_address *real) {
  if (!is_same_address(address, real))
    return false;
  if (!(address->facts & OSH_ADDRESS_LINK_INFERRED) && address->ifindex != real->ifindex)
    return false;
  bool known = (address->facts & OSH_ADDRESS_PREFIX_KNOWN) &&
               !(address->facts & OSH_ADDRESS_PREFIX_INFERRED);
  return (!known || address->prefix_len == real->prefix_len) &&
         strcmp(address->label, real->label) == 0;
}

static const struct osh_address *
find_address(const struct osh_snapshot *snapshot, const struct osh_address *wanted,
             bool matches(const struct osh_address *, const struct osh_address *)) {
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (matches(wanted, &snapshot->addresses[i]))
      return &snapshot->addresses[i];
  return NULL;
}

static const char *check_link_details(const struct osh_link_details *details,
                                      const struct osh_link_details *real) {
  const uint8_t facts = details->facts;
  if ((facts & OSH_LINK_MTU) ? details->mtu != real->mtu : details->mtu != 0)
    return "another MTU";
  if ((facts & OSH_LINK_OPERSTATE) && details->operstate != real->operstate)
    return "another operational state";
  if ((facts & OSH_LINK_KIND) && strcmp(details->kind, real->kind) != 0)
    return "another kind";
  if ((facts & OSH_LINK_BROADCAST) &&
      (details->broadcast_len != real->broadcast_len ||
       memcmp(details->broadcast, real->broadcast, sizeof(real->broadcast)) != 0))
    return "another broadcast address";
  return NULL;
}

static const char *check_link(const struct osh_snapshot *snapshot, const struct osh_link *link) {
  const struct osh_link *real = find_link(&expected, link->ifindex);
  if (real == NULL)
    return "a link that does not exist";
  if ((link->facts & OSH_LINK_NAME) && strcmp(link->name, real->name) != 0)
    return "another link's name";
  if ((link->facts & OSH_LINK_FLAGS) && (link->flags & 0xffff) != (real->flags & 0xffff))
    return "other flags";
  if ((link->facts & OSH_LINK_HWADDR) &&
      (link->type != real->type || memcmp(link->hwaddr, real->hwaddr, 6) != 0))
    return "another hardware address";
  if (!(link->facts & (OSH_LINK_FLAGS | OSH_LINK_FLAGS_INFERRED)) && link->flags != 0)
    return "flags that are not marked as known";
  if ((link->facts & OSH_LINK_FLAGS) && (link->facts & OSH_LINK_FLAGS_INFERRED))
    return "flags that are both known and inferred";
  if (!(link->facts & OSH_LINK_HWADDR) && (link->hwaddr_len != 0 || link->hwaddr[0] != 0))
    return "a hardware address that is not marked as known";
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  if (details != NULL && !snapshot->request.details)
    return "details that were not requested";
  return details == NULL ? NULL : check_link_details(details, osh_link_details(&expected, real));
}

// Whether the source of a fact says that its answer may be incomplete: the network changed all the
// time, or a line of a file was malformed. Other errors are no excuse, nor is a request that was
// not sent.
static bool is_uncertain(const struct osh_snapshot *snapshot, unsigned fact) {
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    if ((attempt->provided & fact) &&
        (attempt->error == -EBADMSG ||
         (attempt->error == -EINTR && strncmp(attempt->call, "sendto", strlen("sendto")) != 0)))
      return true;
  }
  return false;
}

// A label may name a link about which every request was refused: then the links are missing. It may
// name one that an incomplete dump lacks. ENODEV says that it names none.
static bool is_mac_known(const struct osh_snapshot *snapshot, const struct osh_address *address,
                         const struct fault *fault) {
  if (address->facts & OSH_ADDRESS_LINK_INFERRED)
    return false;
  if (address->mac_link == OSH_NO_LINK)
    return !(snapshot->missing & OSH_FACT_LINKS) && !is_uncertain(snapshot, OSH_FACT_LINKS) &&
           (fault == NULL || fault->error != ENODEV);
  return (snapshot->links[address->mac_link].facts & OSH_LINK_HWADDR) != 0;
}

static const char *check_address_details(const struct osh_address_details *details,
                                         const struct osh_address_details *real) {
  const uint8_t facts = details->facts;
  if ((facts & OSH_ADDRESS_SCOPE) && details->scope != real->scope)
    return "another scope";
  // /proc/net/if_inet6 has the lower 8 bits.
  if ((facts & OSH_ADDRESS_FLAGS) && (details->flags & 0xff) != (real->flags & 0xff))
    return "other flags of an address";
  if ((facts & OSH_ADDRESS_BROADCAST) &&
      memcmp(details->broadcast, real->broadcast, sizeof(real->broadcast)) != 0)
    return "another broadcast address";
  if ((facts & OSH_ADDRESS_PEER) && memcmp(details->peer, real->peer, sizeof(real->peer)) != 0)
    return "another peer";
  return NULL;
}

static const char *check_address(const struct osh_snapshot *snapshot,
                                 const struct osh_address *address, const struct fault *fault) {
  if (address->link >= snapshot->link_count ||
      snapshot->links[address->link].ifindex != address->ifindex)
    return "an address without its link";
  if (osh_address_name(snapshot, address)[0] == '\0')
    return "an address without a name";
  const struct osh_address *real = find_address(&expected, address, has_expected_facts);
  if (real == NULL)
    return find_address(&expected, address, is_same_address) == NULL
               ? "an address that does not exist"
               : "an address with other facts";
  if (is_mac_known(snapshot, address, fault) &&
      memcmp(mac_of(snapshot, address), mac_of(&expected, real), 6) != 0)
    return "another link's hardware address";
  const struct osh_address_details *details = osh_address_details(snapshot, address);
  if (details != NULL && !snapshot->request.details)
    return "details that were not requested";
  return details == NULL ? NULL
                         : check_address_details(details, osh_address_details(&expected, real));
}

static bool is_omitted(const struct osh_snapshot *snapshot, const struct osh_address *real) {
  for (size_t i = 0; i < snapshot->omission_count; i++) {
    const struct osh_omission *omission = &snapshot->omissions[i];
    if (omission->family == real->family && memcmp(omission->bytes, real->bytes, 16) == 0 &&
        strcmp(omission->label, real->label) == 0)
      return true;
  }
  return false;
}

static const char *check_missing_address(const struct osh_snapshot *snapshot,
                                         const struct osh_address *real) {
  const unsigned fact = real->family == AF_INET ? OSH_FACT_IPV4 : OSH_FACT_IPV6;
  if ((snapshot->missing & fact) || is_omitted(snapshot, real) ||
      find_address(snapshot, real, is_same_address) != NULL || is_uncertain(snapshot, fact))
    return NULL;
  return "an address is missing, and nothing says so";
}

// ENODEV says that the link does not exist.
static const char *check_missing_link(const struct osh_snapshot *snapshot,
                                      const struct osh_link *real, const struct fault *fault) {
  if (!snapshot->request.all_links || (snapshot->missing & OSH_FACT_ALL_LINKS) ||
      find_link(snapshot, real->ifindex) != NULL || is_uncertain(snapshot, OSH_FACT_ALL_LINKS) ||
      (fault != NULL && fault->error == ENODEV))
    return NULL;
  return "a link is missing, and nothing says so";
}

static const char *check_attempt(const struct osh_attempt *attempt, const struct fault *fault) {
  if ((attempt->error == 0) != (attempt->call == NULL))
    return "an error without its call";
  if (attempt->status == OSH_STATUS_ANSWERED && attempt->error != 0)
    return "an error in a full answer";
  // A mode also refuses with EPERM, and osh_read() sets EINTR itself.
  if (attempt->error == 0 || fault == NULL || fault->how != HOW_REFUSE || fault->error == EPERM ||
      fault->error == EINTR || attempt->error != -fault->error || fault->call == CALL_POLL)
    return NULL;
  // libmnl allocates its socket, and ENOMEM is the kernel's as well as malloc(3)'s.
  if ((fault->call == CALL_MALLOC && strcmp(attempt->call, "socket(AF_NETLINK)") == 0) ||
      (fault->error == ENOMEM && strcmp(attempt->call, "malloc") == 0))
    return NULL;
  const char *name = call_names[fault->call];
  return strncmp(attempt->call, name, strlen(name)) == 0 ? NULL
                                                         : "an error that names another call";
}

// A shortage comes before other errors, and then the order of the sources counts.
static int first_error(const struct osh_snapshot *snapshot) {
  int first = 0;
  for (int i = OSH_SOURCE_COUNT - 1; i >= 0; i--) {
    const int error = snapshot->attempts[i].error;
    if (error != 0 && (osh_is_shortage(error) || !osh_is_shortage(first)))
      first = error;
  }
  return first;
}

static const char *check_result(const struct osh_snapshot *snapshot, int result) {
  const unsigned addresses = OSH_FACT_IPV4 | OSH_FACT_IPV6;
  if ((result != 0) != ((snapshot->missing & addresses) == addresses))
    return "an error in spite of addresses, or none without";
  if (result != 0 && snapshot->address_count > 0)
    return "an error and addresses";
  const int error = first_error(snapshot);
  if (result != 0 && result != error)
    return "an error that is not the first source's";
  if (result == 0 && snapshot->missing != 0 && osh_is_shortage(error))
    return "only a part in spite of a shortage";
  if (snapshot->address_count > expected.address_count)
    return "too many addresses";
  return NULL;
}

const char *check_snapshot(const struct osh_snapshot *snapshot, int result,
                           const struct fault *fault) {
  const char *wrong = check_result(snapshot, result);
  for (size_t i = 0; i < snapshot->link_count && wrong == NULL; i++)
    wrong = check_link(snapshot, &snapshot->links[i]);
  for (size_t i = 0; i < snapshot->address_count && wrong == NULL; i++)
    wrong = check_address(snapshot, &snapshot->addresses[i], fault);
  for (size_t i = 0; i < expected.address_count && wrong == NULL; i++)
    wrong = check_missing_address(snapshot, &expected.addresses[i]);
  for (size_t i = 0; i < expected.link_count && wrong == NULL; i++)
    wrong = check_missing_link(snapshot, &expected.links[i], fault);
  for (int i = 0; i < OSH_SOURCE_COUNT && wrong == NULL; i++)
    wrong = check_attempt(&snapshot->attempts[i], fault);
  return wrong;
}

static bool is_expected(const char *name, const struct sockaddr *entry) {
  struct osh_address address = {.family = (uint8_t)entry->sa_family};
  if (entry->sa_family == AF_INET)
    memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)entry)->sin_addr, 4);
  else
    memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)entry)->sin6_addr, 16);
  for (size_t i = 0; i < expected.address_count; i++)
    if (is_same_address(&address, &expected.addresses[i]) &&
        strcmp(name, osh_address_name(&expected, &expected.addresses[i])) == 0)
      return true;
  return false;
}

static const char *check_packet_entry(const struct ifaddrs *entry) {
  const struct sockaddr_ll *packet = (const struct sockaddr_ll *)(const void *)entry->ifa_addr;
  if (packet != NULL && if_nametoindex(entry->ifa_name) != (unsigned)packet->sll_ifindex)
    return "a packet address of another link";
  return if_nametoindex(entry->ifa_name) == 0 ? "a link that does not exist" : NULL;
}

const char *check_ifaddrs(const struct ifaddrs *list) {
  const char *wrong = NULL;
  for (const struct ifaddrs *entry = list; entry != NULL && wrong == NULL;
       entry = entry->ifa_next) {
    if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family == AF_PACKET)
      wrong = check_packet_entry(entry);
    else if (!is_expected(entry->ifa_name, entry->ifa_addr))
      wrong = "an entry for an address that does not exist";
    else if (entry->ifa_netmask == NULL)
      wrong = "an address without a netmask";
  }
  return wrong;
}

const char *check_names(const struct if_nameindex *names) {
  for (; names->if_index != 0; names++)
    if (if_nametoindex(names->if_name) != names->if_index)
      return "the name of another link";
  return NULL;
}
