// Which link an IPv4 address is on if its label does not say so; see ioctl_labels.h. Two things do:
//
// - SIOCGIFCONF lists the addresses of one link together, under one lock (dev_ifconf()).
// - IP_MULTICAST_IF accepts an address as the name of the link that has it, and returns EINVAL if
//   the socket is bound to another link. It sends nothing.
//
// Without an IP socket, only names are left to compare.

#include "ioctl_labels.h"
#include "../core/addresses.h"
#include "../core/links.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// sys/socket.h has it since Linux 5.1, which is also the first kernel that knows it.
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

// With more questions than that, the addresses are omitted.
#define MAX_QUESTIONS 65536

// The IPv4 addresses of a snapshot, ordered by address.
struct sorted {
  struct osh_address **entries;
  size_t count;
};

// IP_MULTICAST_IF is an option of IP sockets.
static bool may_search(const struct osh_ioctl *source) {
  return source->family == AF_INET || source->family == AF_INET6;
}

static bool is_inferred(const struct osh_address *address) {
  return (address->facts & OSH_ADDRESS_LINK_INFERRED) != 0;
}

static bool is_same_address(const struct osh_address *a, const struct osh_address *b) {
  return memcmp(a->bytes, b->bytes, sizeof(struct in_addr)) == 0;
}

static int compare_entries(const void *left, const void *right) {
  const struct osh_address *a = *(struct osh_address *const *)left;
  const struct osh_address *b = *(struct osh_address *const *)right;
  int order = memcmp(a->bytes, b->bytes, sizeof(struct in_addr));
  if (order == 0)
    order = strcmp(a->label, b->label);
  return order != 0 ? order : a < b ? -1 : a > b;
}

// Returns the entries for the caller to free; none without memory.
static struct sorted sort_entries(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  struct sorted sorted = {
      .entries = calloc(snapshot->address_count + 1, sizeof(struct osh_address *)), .count = 0};
  if (sorted.entries == NULL) {
    osh_record_failure(attempt, "malloc", -ENOMEM);
    return sorted;
  }
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (snapshot->addresses[i].family == AF_INET)
      sorted.entries[sorted.count++] = &snapshot->addresses[i];
  qsort(sorted.entries, sorted.count, sizeof(struct osh_address *), compare_entries);
  return sorted;
}

// Of several equal addresses with one label, the kernel answers about the first, which may be
// another link's, or the same link's with another prefix length.
static void mark_duplicates(const struct sorted *sorted) {
  for (size_t i = 1; i < sorted->count; i++) {
    struct osh_address *first = sorted->entries[i - 1];
    struct osh_address *duplicate = sorted->entries[i];
    if (duplicate->ifindex == 0 || !is_same_address(first, duplicate) ||
        strcmp(first->label, duplicate->label) != 0)
      continue;
    first->facts |= OSH_ADDRESS_LINK_INFERRED;
    if (first->facts & OSH_ADDRESS_PREFIX_KNOWN)
      first->facts |= OSH_ADDRESS_PREFIX_INFERRED;
    osh_forget_answers(duplicate);
    duplicate->facts = OSH_ADDRESS_LINK_INFERRED;
  }
}

// Renaming a link puts as much of its name before the colon of its labels as fits
// (inetdev_changename()). So such a label is as long as a label can be.
static bool may_be_truncated(const char *label) {
  return strlen(label) == IFNAMSIZ - 1 && label[osh_label_name_length(label)] == ':';
}

// An address that is listed between two of one link is on it, too. If nothing but the label says
// that those two are on that link, then only with `may_infer`, and only if the address has a label:
// without one it would appear under the name of a link that nothing proves it to be on. Of a
// truncated label, the links' names say more.
static void locate_enclosed(struct osh_address *addresses, size_t count, bool may_infer) {
  size_t next = 0;
  const struct osh_address *before = NULL;
  for (size_t i = 0; i < count; i++) {
    if (addresses[i].ifindex != 0) {
      before = &addresses[i];
      continue;
    }
    for (next = next > i ? next : i; next < count && addresses[next].ifindex == 0; next++)
      ;
    if (before == NULL || next == count || addresses[next].ifindex != before->ifindex)
      continue;
    bool inferred = is_inferred(before) || is_inferred(&addresses[next]);
    const char *label = addresses[i].label;
    if (inferred && (!may_infer || label[0] == '\0' || may_be_truncated(label)))
      continue;
    addresses[i].ifindex = before->ifindex;
    if (inferred)
      addresses[i].facts |= OSH_ADDRESS_LINK_INFERRED;
  }
}

// Returns -1 after a failure, and records a shortage. What another failure costs is omitted.
static int open_bound_socket(int family, uint32_t ifindex, struct osh_attempt *attempt) {
  int bound = (int)ifindex;
  const char *call = family == AF_INET ? "socket(AF_INET)" : "socket(AF_INET6)";
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0) {
    call = "setsockopt(SO_BINDTOIFINDEX)";
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &bound, sizeof(bound)) == 0)
      return fd;
  }
  osh_record_shortage(attempt, call, -errno);
  if (fd >= 0)
    close(fd);
  return -1;
}

// Returns 0 if the link that `fd` is bound to has the address, -EINVAL if another one has it.
static int look_up(int fd, const struct osh_address *address) {
  struct in_addr own;
  memcpy(&own, address->bytes, sizeof(own));
  return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &own, sizeof(own)) == 0 ? 0 : -errno;
}

// Whether the address exists once, so that a link that has it is the one that this entry is on.
static bool is_unique(const struct sorted *sorted, size_t i) {
  struct osh_address *const *entries = sorted->entries;
  return (i == 0 || !is_same_address(entries[i - 1], entries[i])) &&
         (i + 1 == sorted->count || !is_same_address(entries[i + 1], entries[i]));
}

// Checks the links that only labels suggest.
static void verify_inferred(const struct sorted *sorted, int family, struct osh_attempt *attempt) {
  for (size_t i = 0; i < sorted->count; i++) {
    struct osh_address *address = sorted->entries[i];
    if (address->ifindex == 0 || !is_inferred(address) || !is_unique(sorted, i))
      continue;
    int fd = open_bound_socket(family, address->ifindex, attempt);
    if (fd < 0)
      continue;
    int error = look_up(fd, address);
    close(fd);
    if (error == 0 || error == -EINVAL)
      address->facts &= (uint8_t)~OSH_ADDRESS_LINK_INFERRED;
    if (error == -EINVAL)
      address->ifindex = 0;
  }
}

// An address whose link is searched for.
struct search {
  struct osh_address *address;
  uint32_t ifindex; // of the last link that has it
  unsigned matches;
};

// Returns false if the link cannot be searched.
static bool look_up_on_link(struct search *searches, size_t count, int family, uint32_t ifindex,
                            struct osh_attempt *attempt) {
  int fd = open_bound_socket(family, ifindex, attempt);
  if (fd < 0)
    return false;
  for (size_t i = 0; i < count; i++) {
    if (look_up(fd, searches[i].address) != 0)
      continue;
    searches[i].ifindex = ifindex;
    searches[i].matches++;
  }
  close(fd);
  return true;
}

// Looks up every address without a link on every link. If a link cannot be searched, finds none. An
// address in a VRF is found on the VRF as well as on the link: then nothing shows which one it is
// on.
static void look_up_unlocated(struct osh_snapshot *snapshot, int family,
                              struct osh_attempt *attempt) {
  struct sorted sorted = sort_entries(snapshot, attempt);
  struct search *searches = calloc(sorted.count + 1, sizeof(*searches));
  if (searches == NULL)
    osh_record_failure(attempt, "malloc", -ENOMEM);
  size_t count = 0;
  for (size_t i = 0; i < sorted.count && searches != NULL; i++)
    if (sorted.entries[i]->ifindex == 0 && is_unique(&sorted, i))
      searches[count++].address = sorted.entries[i];
  bool searched = count > 0 && snapshot->link_count < MAX_QUESTIONS / count;
  for (size_t i = 0; i < snapshot->link_count && searched; i++)
    searched = look_up_on_link(searches, count, family, snapshot->links[i].ifindex, attempt);
  for (size_t i = 0; i < count && searched; i++)
    if (searches[i].matches == 1)
      searches[i].address->ifindex = searches[i].ifindex;
  free(searches);
  free(sorted.entries);
}

// The link's name may be longer than the label's part before the colon.
static void forget_truncated(struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    if (!may_be_truncated(address->label))
      continue;
    address->ifindex = 0;
    address->facts = 0;
  }
}

// Returns the only link whose name begins as the label does; NULL without one.
static const struct osh_link *find_by_beginning(const struct osh_snapshot *snapshot,
                                                const char *label) {
  const size_t length = osh_label_name_length(label);
  const struct osh_link *found = NULL;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    if (strncmp(snapshot->links[i].name, label, length) != 0)
      continue;
    if (found != NULL)
      return NULL;
    found = &snapshot->links[i];
  }
  return found;
}

static void infer_from_truncated(struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    if (address->ifindex != 0 || !may_be_truncated(address->label))
      continue;
    const struct osh_link *link = find_by_beginning(snapshot, address->label);
    if (link == NULL)
      continue;
    address->ifindex = link->ifindex;
    address->facts = OSH_ADDRESS_LINK_INFERRED;
  }
}

static void omit_unlocated(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->ifindex != 0)
      snapshot->addresses[kept++] = *address;
    else if (osh_add_omission(snapshot, address) != 0)
      osh_record_failure(attempt, "malloc", -ENOMEM);
  }
  snapshot->address_count = kept;
}

void osh_ioctl_find_duplicates(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  struct sorted sorted = sort_entries(snapshot, attempt);
  for (size_t i = 1; i < sorted.count && !snapshot->has_duplicates; i++)
    snapshot->has_duplicates = is_same_address(sorted.entries[i - 1], sorted.entries[i]);
  free(sorted.entries);
}

static size_t count_unlocated(const struct osh_snapshot *snapshot) {
  size_t count = 0;
  for (size_t i = 0; i < snapshot->address_count; i++)
    count += snapshot->addresses[i].family == AF_INET && snapshot->addresses[i].ifindex == 0;
  return count;
}

size_t osh_ioctl_check_labels(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                              struct osh_attempt *attempt) {
  if (source->family == AF_INET && !snapshot->has_duplicates && count_unlocated(snapshot) == 0)
    return 0;
  struct sorted sorted = sort_entries(snapshot, attempt);
  mark_duplicates(&sorted);
  if (source->family == AF_INET6)
    verify_inferred(&sorted, source->family, attempt);
  if (!may_search(source))
    forget_truncated(snapshot);
  locate_enclosed(snapshot->addresses, sorted.count, !may_search(source));
  free(sorted.entries);
  return count_unlocated(snapshot);
}

void osh_ioctl_search_links(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                            bool has_all_links, struct osh_attempt *attempt) {
  if (may_search(source))
    look_up_unlocated(snapshot, source->family, attempt);
  else if (has_all_links)
    infer_from_truncated(snapshot);
  omit_unlocated(snapshot, attempt);
}
