// The addresses of a snapshot; see addresses.h.

#include "addresses.h"
#include "links.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

bool osh_is_link_local(const uint8_t *bytes) {
  return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
         (bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02);
}

// The kernel's rank of an IPv6 address by its scope (RFC 4007, __ipv6_addr_type()): the loopback
// address ranks as link-local.
static int scope_rank(const uint8_t *bytes) {
  static const uint8_t loopback[16] = {[15] = 1};
  if (bytes[0] == 0xff)
    return bytes[1] & 0x0f;
  if (osh_is_link_local(bytes) || memcmp(bytes, loopback, sizeof(loopback)) == 0)
    return 0x02;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0)
    return 0x05;
  return 0x0e;
}

// On one link the kernel lists IPv6 addresses by falling scope (ipv6_link_dev_addr()).
static int compare_addresses(const void *left, const void *right) {
  const struct osh_address *a = left;
  const struct osh_address *b = right;
  if (a->family != b->family)
    return a->family == AF_INET ? -1 : 1;
  if (a->ifindex != b->ifindex)
    return a->ifindex < b->ifindex ? -1 : 1;
  if (a->family == AF_INET6 && scope_rank(a->bytes) != scope_rank(b->bytes))
    return scope_rank(b->bytes) - scope_rank(a->bytes);
  return a->order < b->order ? -1 : a->order > b->order;
}

static void reverse(struct osh_address *addresses, size_t count) {
  for (size_t i = 0; i < count / 2; i++) {
    struct osh_address swapped = addresses[i];
    addresses[i] = addresses[count - 1 - i];
    addresses[count - 1 - i] = swapped;
  }
}

void osh_move_to_front(struct osh_snapshot *snapshot, size_t count) {
  const size_t others = snapshot->address_count - count;
  if (count == 0 || others == 0)
    return;
  reverse(snapshot->addresses, snapshot->address_count);
  reverse(snapshot->addresses, count);
  reverse(snapshot->addresses + count, others);
}

// Usually the IPv4 addresses are in order, and the IPv6 addresses of if_inet6 are not. Then only
// the IPv6 addresses are sorted.
void osh_sort_addresses(struct osh_snapshot *snapshot) {
  struct osh_address *addresses = snapshot->addresses;
  size_t sorted = snapshot->address_count == 0 ? 0 : 1;
  for (size_t i = 0; i < snapshot->address_count; i++)
    addresses[i].order = (uint32_t)i;
  while (sorted < snapshot->address_count &&
         compare_addresses(&addresses[sorted - 1], &addresses[sorted]) < 0)
    sorted++;
  if (sorted == snapshot->address_count)
    return;
  size_t first = sorted;
  while (first > 0 && (addresses[sorted].family == AF_INET ||
                       addresses[first - 1].family == addresses[sorted].family))
    first--;
  qsort(&addresses[first], snapshot->address_count - first, sizeof(*addresses), compare_addresses);
}

static uint32_t find_mac_link(const struct osh_snapshot *snapshot,
                              const struct osh_address *address) {
  if (address->label[0] == '\0' || osh_label_names(address->label, &snapshot->links[address->link]))
    return address->link;
  size_t hint = address->link;
  const struct osh_link *named = osh_find_labelled_link(snapshot, address->label, &hint);
  return named == NULL ? OSH_NO_LINK : (uint32_t)(named - snapshot->links);
}

int osh_resolve_links(struct osh_snapshot *snapshot) {
  int error = 0;
  size_t kept = 0;
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    const struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || (link->name[0] == '\0' && address->label[0] == '\0')) {
      if (osh_add_omission(snapshot, address) != 0)
        error = -ENOMEM;
      continue;
    }
    address->link = (uint32_t)(link - snapshot->links);
    address->mac_link = find_mac_link(snapshot, address);
    if (kept != i)
      snapshot->addresses[kept] = *address;
    kept++;
  }
  snapshot->address_count = kept;
  return error;
}

bool osh_has_mismatches(const struct osh_snapshot *snapshot) {
  bool found = snapshot->omission_count > 0;
  for (size_t i = 0; i < snapshot->address_count && !found; i++)
    found = snapshot->addresses[i].mac_link != snapshot->addresses[i].link;
  return found;
}

void osh_forget_answers(struct osh_address *address) {
  address->prefix_len = 0;
  address->facts = 0;
  address->details = 0;
}

void osh_remove_addresses(struct osh_snapshot *snapshot, int family) {
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (snapshot->addresses[i].family != family)
      snapshot->addresses[kept++] = snapshot->addresses[i];
  snapshot->address_count = kept;
}

const char *osh_address_name(const struct osh_snapshot *snapshot,
                             const struct osh_address *address) {
  return address->label[0] != '\0' ? address->label : snapshot->links[address->link].name;
}

bool osh_is_zero(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i] != 0)
      return false;
  return true;
}
