// Fuzzes a whole read: osh_snapshot_read(), and the two lists of the preload library. The input is
// what to read, in one byte (seed.h), and the script of a kernel (script.h).

#include "../unit/script.h"
#include "block.h"
#include "lists.h"
#include "seed.h"
#include "source.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

// Whose lists these are.
static const char owner;

static bool terminated(const char *name) {
  return memchr(name, '\0', IFNAMSIZ) != NULL;
}

static void check_links(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->link_count; i++) {
    const struct osh_link *link = &snapshot->links[i];
    assert(terminated(link->name));
    assert(link->hwaddr_len <= sizeof(link->hwaddr));
    assert(i == 0 || link[-1].ifindex < link->ifindex);
    assert(!(link->marks & OSH_LINK_FLAGS) || !(link->marks & OSH_LINK_INFERRED));
    assert((link->marks & (OSH_LINK_FLAGS | OSH_LINK_INFERRED)) || link->flags == 0);
    assert((link->marks & OSH_LINK_NAME) || link->name[0] == '\0');
    assert((link->marks & OSH_LINK_HWADDR) || link->hwaddr_len == 0);
  }
}

static void check_address(const struct osh_snapshot *snapshot, const struct osh_address *address) {
  assert(address->family == AF_INET || address->family == AF_INET6);
  assert(address->prefix_len <= (address->family == AF_INET ? 32 : 128));
  assert(terminated(address->name));
  assert(address->family == AF_INET || address->name[0] == '\0');
  assert(address->marks & (OSH_ADDRESS_PREFIX_KNOWN | OSH_ADDRESS_PREFIX_INFERRED));
  assert(address->link < snapshot->link_count);
  assert(snapshot->links[address->link].ifindex == address->ifindex);
  assert(address->name[0] != '\0' || snapshot->links[address->link].name[0] != '\0');
  assert(address->mac_link == OSH_NO_LINK || address->mac_link < snapshot->link_count);
  // What was not told is not there.
  assert(!(snapshot->missing & (address->family == AF_INET ? OSH_FACT_IPV4 : OSH_FACT_IPV6)));
}

static void check_attempts(const struct osh_snapshot *snapshot, unsigned sources) {
  unsigned missing = OSH_FACTS_ALL;
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    assert((sources & OSH_SOURCE_BIT(i)) || attempt->asked == 0);
    assert((attempt->asked & ~missing) == 0);
    assert((attempt->told & ~attempt->asked) == 0);
    assert(attempt->error <= 0);
    assert((attempt->error == 0) == (attempt->call == NULL));
    assert((attempt->status == OSH_STATUS_SKIPPED) == (attempt->asked == 0));
    assert((attempt->status == OSH_STATUS_ANSWERED) ==
           (attempt->asked != 0 && attempt->told == attempt->asked && attempt->error == 0));
    missing &= ~attempt->told;
  }
  assert(snapshot->missing == missing);
}

static void fuzz_snapshot(unsigned sources, const uint8_t *bytes, size_t size) {
  struct osh_snapshot snapshot;
  script_start(bytes, size);
  int error = osh_snapshot_read(&snapshot, sources);
  script_end();

  bool nothing = (snapshot.missing & OSH_FACT_IPV4) && (snapshot.missing & OSH_FACT_IPV6);
  assert(nothing ? error < 0 : error == 0);
  check_attempts(&snapshot, sources);
  check_links(&snapshot);
  for (size_t i = 0; i < snapshot.address_count; i++)
    check_address(&snapshot, &snapshot.addresses[i]);
  for (size_t i = 0; i < snapshot.omission_count; i++)
    assert(terminated(snapshot.omissions[i].name));
  osh_snapshot_free(&snapshot);
}

static void fuzz_ifaddrs(const uint8_t *bytes, size_t size) {
  struct ifaddrs *list = NULL;
  script_start(bytes, size);
  int error = osh_ifaddrs(&owner, &list);
  script_end();
  assert(error <= 0 && (error == 0 || list == NULL));
  for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
    assert(terminated(entry->ifa_name));
    assert(entry->ifa_addr == NULL || entry->ifa_addr->sa_family == AF_PACKET ||
           entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6);
  }
  if (list != NULL)
    osh_block_free(list);
}

static void fuzz_nameindex(const uint8_t *bytes, size_t size) {
  struct if_nameindex *list = NULL;
  script_start(bytes, size);
  int error = osh_nameindex(&owner, &list);
  script_end();
  assert(error <= 0 && (error == 0) == (list != NULL));
  for (const struct if_nameindex *entry = list; list != NULL && entry->if_index != 0; entry++)
    assert(terminated(entry->if_name));
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
    fuzz_snapshot(data[0] & OSH_SOURCES_ALL, data + 1, size - 1);
  return 0;
}
