// Fuzzes whole reads: osh_read(), the addon's two layouts of its result, and the two lists of the
// preload library. The input is what to
// read, in one byte (seed.h), and the script of a kernel (script.h).

#include "../../behaviour/unit/script.h"
#include "addon/interfaces.h"
#include "addon/layout.h"
#include "core/addresses.h"
#include "preload/block.h"
#include "preload/lists.h"
#include "read.h"
#include "seed.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool is_terminated(const char *name) {
  return memchr(name, '\0', IFNAMSIZ) != NULL;
}

static void check_link_details(const struct osh_snapshot *snapshot, const struct osh_link *link) {
  assert(link->details <= snapshot->link_details_count);
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  assert(details == NULL || snapshot->request.details);
  if (details == NULL)
    return;
  assert(details->broadcast_len <= sizeof(details->broadcast));
  assert((details->facts & OSH_LINK_BROADCAST) || details->broadcast_len == 0);
  assert((details->facts & OSH_LINK_MTU) || details->mtu == 0);
  assert((details->facts & OSH_LINK_KIND) || details->kind[0] == '\0');
  assert(memchr(details->kind, '\0', sizeof(details->kind)) != NULL);
}

static void check_links(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->link_count; i++) {
    const struct osh_link *link = &snapshot->links[i];
    assert(is_terminated(link->name));
    assert(link->hwaddr_len <= sizeof(link->hwaddr));
    assert(i == 0 || link[-1].ifindex < link->ifindex);
    assert(!(link->facts & OSH_LINK_FLAGS) || !(link->facts & OSH_LINK_FLAGS_INFERRED));
    assert((link->facts & (OSH_LINK_FLAGS | OSH_LINK_FLAGS_INFERRED)) || link->flags == 0);
    assert((link->facts & OSH_LINK_NAME) || link->name[0] == '\0');
    assert((link->facts & OSH_LINK_HWADDR) || link->hwaddr_len == 0);
    check_link_details(snapshot, link);
  }
}

static void check_address_details(const struct osh_snapshot *snapshot,
                                  const struct osh_address *address) {
  static const uint8_t zeros[16] = {0};
  assert(address->details <= snapshot->address_details_count);
  const struct osh_address_details *details = osh_address_details(snapshot, address);
  assert(details == NULL || snapshot->request.details);
  if (details == NULL)
    return;
  assert((details->facts & OSH_ADDRESS_FLAGS) || details->flags == 0);
  assert((details->facts & OSH_ADDRESS_SCOPE) || details->scope == 0);
  assert((details->facts & OSH_ADDRESS_BROADCAST) ||
         memcmp(details->broadcast, zeros, sizeof(details->broadcast)) == 0);
  assert((details->facts & OSH_ADDRESS_PEER) ||
         memcmp(details->peer, zeros, sizeof(details->peer)) == 0);
}

static void check_address(const struct osh_snapshot *snapshot, const struct osh_address *address) {
  assert(address->family == AF_INET || address->family == AF_INET6);
  assert(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
  assert(is_terminated(address->label));
  assert(address->family == AF_INET || address->label[0] == '\0');
  assert(address->facts & (OSH_ADDRESS_PREFIX_KNOWN | OSH_ADDRESS_PREFIX_INFERRED));
  assert(address->link < snapshot->link_count);
  assert(snapshot->links[address->link].ifindex == address->ifindex);
  assert(osh_address_name(snapshot, address)[0] != '\0');
  assert(address->mac_link == OSH_NO_LINK || address->mac_link < snapshot->link_count);
  // A family is missing as a whole.
  assert(!(snapshot->missing & (address->family == AF_INET ? OSH_FACT_IPV4 : OSH_FACT_IPV6)));
  check_address_details(snapshot, address);
}

static void check_attempts(const struct osh_snapshot *snapshot) {
  unsigned missing = OSH_FACT_LINKS | OSH_FACT_IPV4 | OSH_FACT_IPV6 |
                     (snapshot->request.all_links ? OSH_FACT_ALL_LINKS : 0u);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    assert((snapshot->request.sources & OSH_SOURCE_BIT(i)) || attempt->requested == 0);
    assert((attempt->requested & ~missing) == 0);
    assert((attempt->provided & ~attempt->requested) == 0);
    assert(attempt->error <= 0);
    assert((attempt->error == 0) == (attempt->call == NULL));
    assert((attempt->status == OSH_STATUS_SKIPPED) == (attempt->requested == 0));
    assert((attempt->status == OSH_STATUS_ANSWERED) ==
           (attempt->requested != 0 && attempt->provided == attempt->requested &&
            attempt->error == 0));
    missing &= ~attempt->provided;
  }
  assert(snapshot->missing == missing);
}

// The sanitizer finds what is written beyond the memory.
static void check_layout(const struct osh_snapshot *snapshot, size_t length,
                         bool (*lay_out)(const struct osh_snapshot *, struct osh_strings *,
                                         uint32_t *)) {
  struct osh_strings strings;
  uint32_t *numbers = malloc(length * sizeof(*numbers));
  assert(numbers != NULL && lay_out(snapshot, &strings, numbers));
  size_t count = 0;
  for (size_t i = 0; i < strings.length; i++)
    count += strings.bytes[i] == '\0';
  assert(count == strings.count);
  assert(strings.length == 0 || strings.bytes[strings.length - 1] == '\0');
  free(strings.bytes);
  free(numbers);
}

static void check_layouts(const struct osh_snapshot *snapshot) {
  check_layout(snapshot, osh_numbers_length(snapshot), osh_lay_out);
  check_layout(snapshot, osh_interfaces_length(snapshot), osh_lay_out_interfaces);
}

static void fuzz_snapshot(struct osh_request request, const uint8_t *bytes, size_t size) {
  struct osh_snapshot snapshot;
  script_start(bytes, size);
  int error = osh_read(&snapshot, request);
  script_end();

  bool nothing = (snapshot.missing & OSH_FACT_IPV4) && (snapshot.missing & OSH_FACT_IPV6);
  assert(nothing ? error < 0 : error == 0);
  check_attempts(&snapshot);
  check_links(&snapshot);
  for (size_t i = 0; i < snapshot.address_count; i++)
    check_address(&snapshot, &snapshot.addresses[i]);
  for (size_t i = 0; i < snapshot.omission_count; i++)
    assert(is_terminated(snapshot.omissions[i].label));
  check_layouts(&snapshot);
  osh_snapshot_free(&snapshot);
}

static void fuzz_ifaddrs(const uint8_t *bytes, size_t size) {
  struct ifaddrs *list = NULL;
  script_start(bytes, size);
  int error = osh_ifaddrs(OSH_SOURCES_ALL, &list);
  script_end();
  assert(error <= 0 && (error == 0 || list == NULL));
  for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
    assert(is_terminated(entry->ifa_name));
    assert(entry->ifa_addr == NULL || entry->ifa_addr->sa_family == AF_PACKET ||
           entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6);
  }
  if (list != NULL)
    osh_block_free(list);
}

static void fuzz_nameindex(const uint8_t *bytes, size_t size) {
  struct if_nameindex *list = NULL;
  script_start(bytes, size);
  int error = osh_nameindex(OSH_SOURCES_ALL, &list);
  script_end();
  assert(error <= 0 && (error == 0) == (list != NULL));
  for (const struct if_nameindex *entry = list; list != NULL && entry->if_index != 0; entry++)
    assert(is_terminated(entry->if_name));
  if (list != NULL)
    osh_block_free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  if (data[0] & SEED_IFADDRS)
    fuzz_ifaddrs(data + 1, size - 1);
  else if (data[0] & SEED_NAMEINDEX)
    fuzz_nameindex(data + 1, size - 1);
  else
    fuzz_snapshot((struct osh_request){.sources = data[0] & OSH_SOURCES_ALL,
                                       .all_links = data[0] & SEED_ALL_LINKS,
                                       .details = data[0] & SEED_DETAILS},
                  data + 1, size - 1);
  return 0;
}
