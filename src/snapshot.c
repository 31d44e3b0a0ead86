// The snapshot itself: it asks the sources in their order, puts what they told into the kernel's
// order, and says of each what came of it. It knows the sources by source.h only.

#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CAPACITY 16
// How often the list of IPv4 addresses may change while it is looked at, before each is looked at
// by itself.
#define QUICK_TRIES 16

// Room for one more element. Arrays double when their count reaches a power of two, which spares a
// capacity beside each count.
static void *grow(void *array, size_t count, size_t size) {
  if (count == 0)
    return realloc(array, FIRST_CAPACITY * size);
  if (count < FIRST_CAPACITY || (count & (count - 1)) != 0)
    return array;
  return realloc(array, count * 2 * size);
}

struct osh_link *osh_add_link(struct osh_snapshot *snapshot) {
  struct osh_link *links = grow(snapshot->links, snapshot->link_count, sizeof(*links));
  if (links == NULL)
    return NULL;
  snapshot->links = links;
  struct osh_link *link = &links[snapshot->link_count++];
  memset(link, 0, sizeof(*link));
  return link;
}

struct osh_address *osh_add_address(struct osh_snapshot *snapshot) {
  struct osh_address *addresses =
      grow(snapshot->addresses, snapshot->address_count, sizeof(*addresses));
  if (addresses == NULL)
    return NULL;
  snapshot->addresses = addresses;
  struct osh_address *address = &addresses[snapshot->address_count++];
  memset(address, 0, sizeof(*address));
  return address;
}

int osh_omit(struct osh_snapshot *snapshot, const struct osh_address *address) {
  struct osh_omission *omissions =
      grow(snapshot->omissions, snapshot->omission_count, sizeof(*omissions));
  if (omissions == NULL)
    return -ENOMEM;
  snapshot->omissions = omissions;
  struct osh_omission *omission = &omissions[snapshot->omission_count++];
  omission->family = address->family;
  memcpy(omission->bytes, address->bytes, sizeof(omission->bytes));
  memcpy(omission->name, address->name, sizeof(omission->name));
  return 0;
}

int osh_mention_link(struct osh_snapshot *snapshot, uint32_t ifindex) {
  size_t count = snapshot->link_count;
  if (count > 0 && snapshot->links[count - 1].ifindex == ifindex)
    return 0;
  struct osh_link *link = osh_add_link(snapshot);
  if (link == NULL)
    return -ENOMEM;
  link->ifindex = ifindex;
  return 0;
}

// Of two links with one ifindex, the one about which more is known comes first, and is kept.
static int compare_links(const void *left, const void *right) {
  const struct osh_link *a = left;
  const struct osh_link *b = right;
  if (a->ifindex != b->ifindex)
    return a->ifindex < b->ifindex ? -1 : 1;
  return b->marks - a->marks;
}

void osh_sort_links(struct osh_snapshot *snapshot) {
  struct osh_link *links = snapshot->links;
  size_t count = snapshot->link_count;
  bool ordered = true;
  for (size_t i = 1; i < count && ordered; i++)
    ordered = links[i - 1].ifindex < links[i].ifindex;
  if (ordered)
    return;
  qsort(links, count, sizeof(*links), compare_links);
  size_t kept = 1;
  for (size_t i = 1; i < count; i++)
    if (links[i].ifindex != links[kept - 1].ifindex)
      links[kept++] = links[i];
  snapshot->link_count = kept;
}

static int compare_ifindex(const void *key, const void *element) {
  uint32_t wanted = *(const uint32_t *)key;
  uint32_t ifindex = ((const struct osh_link *)element)->ifindex;
  return wanted < ifindex ? -1 : wanted > ifindex;
}

struct osh_link *osh_find_link(const struct osh_snapshot *snapshot, uint32_t ifindex,
                               size_t *hint) {
  struct osh_link *links = snapshot->links;
  size_t count = snapshot->link_count;
  for (size_t i = *hint; i < count && i < *hint + 4; i++)
    if (links[i].ifindex == ifindex)
      return &links[*hint = i];
  if (count == 0)
    return NULL;
  struct osh_link *link = bsearch(&ifindex, links, count, sizeof(*links), compare_ifindex);
  if (link != NULL)
    *hint = (size_t)(link - links);
  return link;
}

size_t osh_label_link_length(const char *label) {
  return strcspn(label, ":");
}

bool osh_label_names(const char *label, const struct osh_link *link) {
  // It is empty while it is unknown.
  size_t length = strlen(link->name);
  return length > 0 && strncmp(link->name, label, length) == 0 &&
         (label[length] == '\0' || label[length] == ':');
}

struct osh_link *osh_find_labelled(const struct osh_snapshot *snapshot, const char *label) {
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (osh_label_names(label, &snapshot->links[i]))
      return &snapshot->links[i];
  return NULL;
}

int osh_refused(struct osh_attempt *attempt, const char *call, int error) {
  if (attempt->error == 0) {
    attempt->call = call;
    attempt->error = error;
  }
  return error;
}

// As osh_links_complete(). That a link went away is no refusal.
static int complete_links(struct osh_snapshot *snapshot, int fd, struct osh_attempt *attempt) {
  const char *call;
  attempt->asked |= OSH_FACT_LINKS;
  int error = osh_links_complete(snapshot, fd, &call);
  if (error != 0 && error != -ENODEV)
    return osh_refused(attempt, call, error);
  attempt->told |= OSH_FACT_LINKS;
  return error;
}

// RFC 4007 scopes as the kernel ranks them (__ipv6_addr_type()): the loopback address is
// link-local.
static int ipv6_scope(const uint8_t *bytes) {
  static const uint8_t loopback[16] = {[15] = 1};
  if (bytes[0] == 0xff)
    return bytes[1] & 0x0f;
  if ((bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) || memcmp(bytes, loopback, 16) == 0)
    return 0x02;
  if (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0)
    return 0x05;
  return 0x0e;
}

// The order of an RTM_GETADDR dump: IPv4 before IPv6, link by link in the order of ifindex, and on
// one link IPv6 by falling scope (ipv6_link_dev_addr()).
static int compare_addresses(const void *left, const void *right) {
  const struct osh_address *a = left;
  const struct osh_address *b = right;
  if (a->family != b->family)
    return a->family == AF_INET ? -1 : 1;
  if (a->ifindex != b->ifindex)
    return a->ifindex < b->ifindex ? -1 : 1;
  if (a->family == AF_INET6 && ipv6_scope(a->bytes) != ipv6_scope(b->bytes))
    return ipv6_scope(b->bytes) - ipv6_scope(a->bytes);
  return a->order < b->order ? -1 : a->order > b->order;
}

// Both families are told in their order or nearly so, IPv4 first.
static void sort_addresses(struct osh_snapshot *snapshot) {
  struct osh_address *addresses = snapshot->addresses;
  size_t ordered = snapshot->address_count == 0 ? 0 : 1;
  for (size_t i = 0; i < snapshot->address_count; i++)
    addresses[i].order = (uint32_t)i;
  while (ordered < snapshot->address_count &&
         compare_addresses(&addresses[ordered - 1], &addresses[ordered]) < 0)
    ordered++;
  size_t first = ordered;
  while (first > 0 && ordered < snapshot->address_count &&
         addresses[first - 1].family == addresses[ordered].family)
    first--;
  if (ordered < snapshot->address_count)
    qsort(&addresses[first], snapshot->address_count - first, sizeof(*addresses),
          compare_addresses);
}

// How the sources other than rtnetlink are asked.
struct way {
  bool procfs; // it may be asked
  int fd;      // for ioctl(2), or -1
  int family;  // of `fd`
  int tries;   // before this one
  size_t gaps; // in the last of them that was of one piece
};

// How many IPv4 addresses could not be asked about, though nothing was refused.
static size_t count_gaps(const struct osh_snapshot *snapshot, const struct osh_attempt *ioctl) {
  if (ioctl->error != 0)
    return 0;
  size_t gaps = snapshot->omission_count;
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (snapshot->addresses[i].family == AF_INET &&
        !(snapshot->addresses[i].marks & OSH_ADDRESS_PREFIX_KNOWN))
      gaps++;
  return gaps;
}

// Whether the gaps are those of the labels. A link may have been renamed meanwhile and back again,
// which makes a gap and leaves no trace in the list; when asked again, it hardly is there once
// more.
static bool gaps_persist(const struct osh_snapshot *snapshot, struct way *way) {
  size_t gaps = count_gaps(snapshot, &snapshot->attempts[OSH_SOURCE_IOCTL]);
  bool persist = gaps == 0 || gaps == way->gaps;
  way->gaps = gaps;
  return persist;
}

// The pieces come in another order than the sources: names in /proc spare questions about IPv4
// addresses, and the links that only an IPv6 address names are to be asked about by ioctl. Returns
// false when the addresses have changed meanwhile, so that asking again is better.
static bool read_once(struct osh_snapshot *snapshot, struct way *way) {
  struct osh_attempt *ioctl = &snapshot->attempts[OSH_SOURCE_IOCTL];
  struct osh_attempt *procfs = &snapshot->attempts[OSH_SOURCE_PROCFS];
  struct ifconf list = {0};
  // See osh_ioctl_locate().
  const bool carefully = way->tries == QUICK_TRIES;

  if (way->fd >= 0 && (ioctl->asked & OSH_FACT_IPV4))
    (void)osh_ioctl_read(snapshot, way->fd, &list, ioctl);
  snapshot->missing &= ~ioctl->told;
  if (way->procfs) {
    procfs->asked = snapshot->missing & (OSH_FACT_IPV4 | OSH_FACT_IPV6);
    if (procfs->asked & OSH_FACT_IPV6)
      (void)osh_procfs_read(snapshot, procfs);
    snapshot->missing &= ~procfs->told;
  }
  osh_sort_links(snapshot);
  if (ioctl->told & OSH_FACT_IPV4) {
    if (osh_ioctl_locate(snapshot, way->fd, way->family, carefully ? NULL : &list, ioctl) != 0 &&
        osh_tie(snapshot, way->fd, way->family, way->procfs) != 0)
      osh_refused(ioctl, "malloc", -ENOMEM);
  }
  bool gone = way->fd >= 0 && complete_links(snapshot, way->fd, ioctl) == -ENODEV;
  bool settled = carefully || !(ioctl->told & OSH_FACT_IPV4) ||
                 (!gone && osh_ioctl_unchanged(way->fd, &list) && gaps_persist(snapshot, way));
  free(list.ifc_req);
  snapshot->missing &= ~ioctl->told;
  return settled;
}

static void forget_all(struct osh_snapshot *snapshot) {
  snapshot->address_count = 0;
  snapshot->link_count = 0;
  snapshot->omission_count = 0;
}

static void read_without_netlink(struct osh_snapshot *snapshot, unsigned sources) {
  struct osh_attempt *ioctl = &snapshot->attempts[OSH_SOURCE_IOCTL];
  struct osh_attempt *procfs = &snapshot->attempts[OSH_SOURCE_PROCFS];
  struct way way = {.procfs = (sources & OSH_SOURCE_BIT(OSH_SOURCE_PROCFS)) != 0, .fd = -1};
  if (sources & OSH_SOURCE_BIT(OSH_SOURCE_IOCTL)) {
    ioctl->asked = snapshot->missing & (OSH_FACT_LINKS | OSH_FACT_IPV4);
    way.fd = osh_ioctl_open(&way.family, ioctl);
  }

  const unsigned missing = snapshot->missing;
  const struct osh_attempt opened = *ioctl;
  for (; !read_once(snapshot, &way); way.tries++) {
    forget_all(snapshot);
    snapshot->missing = missing;
    *ioctl = opened;
    *procfs = (struct osh_attempt){0};
  }
  if (way.fd >= 0)
    close(way.fd);
  if (way.procfs)
    procfs->asked |= snapshot->missing & OSH_FACT_LINKS;
  osh_sort_links(snapshot);
  osh_infer(snapshot, way.procfs);
  sort_addresses(snapshot);
}

static uint32_t mac_link(const struct osh_snapshot *snapshot, const struct osh_address *address) {
  if (address->name[0] == '\0' || osh_label_names(address->name, &snapshot->links[address->link]))
    return address->link;
  const struct osh_link *named = osh_find_labelled(snapshot, address->name);
  return named == NULL ? OSH_NO_LINK : (uint32_t)(named - snapshot->links);
}

// Ties each address to its link. One whose link went away since it was told is most likely gone
// with it. But it was seen, and so often that all were asked for again in vain: it is not left out
// unsaid.
static void resolve_links(struct osh_snapshot *snapshot) {
  size_t kept = 0;
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address *address = &snapshot->addresses[i];
    const struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link == NULL || (link->name[0] == '\0' && address->name[0] == '\0')) {
      (void)osh_omit(snapshot, address);
      continue;
    }
    address->link = (uint32_t)(link - snapshot->links);
    address->mac_link = mac_link(snapshot, address);
    if (kept != i)
      snapshot->addresses[kept] = *address;
    kept++;
  }
  snapshot->address_count = kept;
}

static enum osh_status refusal_status(int error) {
  switch (error) {
  case -EPERM:
  case -EACCES:
  case -EAFNOSUPPORT:
  case -EOPNOTSUPP:
    return OSH_STATUS_DENIED;
  case -ENOENT:
  case -ENOTDIR:
  case -ENOSYS:
  case -EPROTONOSUPPORT:
    return OSH_STATUS_ABSENT;
  default:
    return OSH_STATUS_FAILED;
  }
}

static enum osh_status status_of(const struct osh_attempt *attempt) {
  if (attempt->asked == 0)
    return OSH_STATUS_SKIPPED;
  if (attempt->told == attempt->asked && attempt->error == 0)
    return OSH_STATUS_ANSWERED;
  if (attempt->told != 0 || attempt->error == 0)
    return OSH_STATUS_PARTIAL;
  return refusal_status(attempt->error);
}

int osh_snapshot_read(struct osh_snapshot *snapshot, unsigned sources) {
  memset(snapshot, 0, sizeof(*snapshot));
  snapshot->missing = OSH_FACTS_ALL;

  struct osh_attempt *rtnetlink = &snapshot->attempts[OSH_SOURCE_RTNETLINK];
  if (sources & OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK)) {
    rtnetlink->asked = OSH_FACTS_ALL;
    (void)osh_rtnetlink_read(snapshot, rtnetlink);
    snapshot->missing &= ~rtnetlink->told;
  }
  if (snapshot->missing != 0)
    read_without_netlink(snapshot, sources);
  resolve_links(snapshot);

  int error = sources == 0 ? -EINVAL : 0;
  for (int i = OSH_SOURCE_COUNT - 1; i >= 0; i--) {
    struct osh_attempt *attempt = &snapshot->attempts[i];
    attempt->status = status_of(attempt);
    if (attempt->error != 0)
      error = attempt->error;
  }
  bool nothing = (snapshot->missing & OSH_FACT_IPV4) && (snapshot->missing & OSH_FACT_IPV6);
  return nothing ? error : 0;
}

void osh_snapshot_free(struct osh_snapshot *snapshot) {
  free(snapshot->links);
  free(snapshot->addresses);
  free(snapshot->omissions);
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
