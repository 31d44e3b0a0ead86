// The arrays of a snapshot: how they grow, are compared and released.

#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

// Appends a zeroed element to an array. Returns the array, which may have moved; or NULL without
// memory, and then the array is as it was. An array grows when its count reaches a power of two, so
// that no capacity need be kept beside each count.
static void *append(void *array, size_t *count, size_t size) {
  if (*count == 0)
    array = realloc(array, FIRST_CAPACITY * size);
  else if (*count >= FIRST_CAPACITY && (*count & (*count - 1)) == 0)
    array = realloc(array, *count * 2 * size);
  if (array != NULL)
    memset((char *)array + (*count)++ * size, 0, size);
  return array;
}

// Returns the `details` of a new link, or 0 without memory.
static uint32_t append_link_details(struct osh_snapshot *snapshot) {
  size_t *count = &snapshot->link_details_count;
  struct osh_link_details *details = append(snapshot->link_details, count, sizeof(*details));
  if (details == NULL)
    return 0;
  snapshot->link_details = details;
  return (uint32_t)*count;
}

// As append_link_details().
static uint32_t append_address_details(struct osh_snapshot *snapshot) {
  size_t *count = &snapshot->address_details_count;
  struct osh_address_details *details = append(snapshot->address_details, count, sizeof(*details));
  if (details == NULL)
    return 0;
  snapshot->address_details = details;
  return (uint32_t)*count;
}

struct osh_link *osh_add_link(struct osh_snapshot *snapshot) {
  const bool detailed = snapshot->request.details;
  const uint32_t details = detailed ? append_link_details(snapshot) : 0;
  struct osh_link *links = detailed && details == 0
                               ? NULL
                               : append(snapshot->links, &snapshot->link_count, sizeof(*links));
  if (links == NULL)
    return NULL;
  snapshot->links = links;
  links[snapshot->link_count - 1].details = details;
  return &links[snapshot->link_count - 1];
}

struct osh_address *osh_add_address(struct osh_snapshot *snapshot) {
  const bool detailed = snapshot->request.details;
  const uint32_t details = detailed ? append_address_details(snapshot) : 0;
  struct osh_address *addresses =
      detailed && details == 0
          ? NULL
          : append(snapshot->addresses, &snapshot->address_count, sizeof(*addresses));
  if (addresses == NULL)
    return NULL;
  snapshot->addresses = addresses;
  addresses[snapshot->address_count - 1].details = details;
  return &addresses[snapshot->address_count - 1];
}

struct osh_link_details *osh_link_details(const struct osh_snapshot *snapshot,
                                          const struct osh_link *link) {
  return link->details == 0 ? NULL : &snapshot->link_details[link->details - 1];
}

struct osh_address_details *osh_address_details(const struct osh_snapshot *snapshot,
                                                const struct osh_address *address) {
  return address->details == 0 ? NULL : &snapshot->address_details[address->details - 1];
}

int osh_add_alternative_name(struct osh_snapshot *snapshot, uint32_t ifindex, const char *name,
                             size_t length) {
  struct osh_alternative_name *names = snapshot->alternative_names;
  length = strnlen(name, length);
  if (length >= sizeof(names->name))
    return 0;
  names = append(names, &snapshot->alternative_name_count, sizeof(*names));
  if (names == NULL)
    return -ENOMEM;
  snapshot->alternative_names = names;
  struct osh_alternative_name *added = &names[snapshot->alternative_name_count - 1];
  added->ifindex = ifindex;
  memcpy(added->name, name, length);
  return 0;
}

int osh_add_omission(struct osh_snapshot *snapshot, const struct osh_address *address) {
  struct osh_omission *omissions =
      append(snapshot->omissions, &snapshot->omission_count, sizeof(*omissions));
  if (omissions == NULL)
    return -ENOMEM;
  snapshot->omissions = omissions;
  struct osh_omission *omission = &omissions[snapshot->omission_count - 1];
  omission->family = address->family;
  memcpy(omission->bytes, address->bytes, sizeof(omission->bytes));
  memcpy(omission->label, address->label, sizeof(omission->label));
  return 0;
}

bool osh_is_shortage(int error) {
  return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS;
}

void osh_record_failure(struct osh_attempt *attempt, const char *call, int error) {
  if (attempt->error != 0 && (osh_is_shortage(attempt->error) || !osh_is_shortage(error)))
    return;
  attempt->call = call;
  attempt->error = error;
}

void osh_record_shortage(struct osh_attempt *attempt, const char *call, int error) {
  if (osh_is_shortage(error))
    osh_record_failure(attempt, call, error);
}

void osh_record_change(struct osh_attempt *attempt, const char *call) {
  if (osh_is_shortage(attempt->error))
    return;
  attempt->call = call;
  attempt->error = -EINTR;
}

static uint32_t mac_ifindex(const struct osh_snapshot *snapshot,
                            const struct osh_address *address) {
  return address->mac_link == OSH_NO_LINK ? 0 : snapshot->links[address->mac_link].ifindex;
}

static bool addresses_equal(const struct osh_address *a, const struct osh_address *b) {
  return a->family == b->family && a->prefix_len == b->prefix_len && a->facts == b->facts &&
         memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 && strcmp(a->label, b->label) == 0 &&
         a->ifindex == b->ifindex;
}

static bool omissions_equal(const struct osh_omission *a, const struct osh_omission *b) {
  return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 &&
         strcmp(a->label, b->label) == 0;
}

bool osh_snapshot_equals(const struct osh_snapshot *a, const struct osh_snapshot *b) {
  bool equal = a->address_count == b->address_count && a->omission_count == b->omission_count;
  for (size_t i = 0; equal && i < a->address_count; i++)
    equal = addresses_equal(&a->addresses[i], &b->addresses[i]) &&
            mac_ifindex(a, &a->addresses[i]) == mac_ifindex(b, &b->addresses[i]);
  for (size_t i = 0; equal && i < a->omission_count; i++)
    equal = omissions_equal(&a->omissions[i], &b->omissions[i]);
  return equal;
}

void osh_snapshot_clear(struct osh_snapshot *snapshot) {
  snapshot->link_count = 0;
  snapshot->address_count = 0;
  snapshot->omission_count = 0;
  snapshot->link_details_count = 0;
  snapshot->address_details_count = 0;
  snapshot->alternative_name_count = 0;
}

void osh_snapshot_free(struct osh_snapshot *snapshot) {
  free(snapshot->links);
  free(snapshot->addresses);
  free(snapshot->omissions);
  free(snapshot->link_details);
  free(snapshot->address_details);
  free(snapshot->alternative_names);
  memset(snapshot, 0, sizeof(*snapshot));
}

const char *osh_source_name(enum osh_source source) {
  static const char *const names[OSH_SOURCE_COUNT] = {"rtnetlink", "ioctl", "procfs"};
  return names[source];
}

const char *osh_status_name(enum osh_status status) {
  static const char *const names[] = {"skipped", "answered", "partial",
                                      "denied",  "absent",   "failed"};
  return names[status];
}
