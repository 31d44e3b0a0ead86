// netdevice(7) as a source: SIOCGIFCONF lists every IPv4 address with its label, on a socket of any
// family; SIOCGIFADDR and SIOCGIFNETMASK, which only an AF_INET socket answers, tell whether an
// address really is on the link that its label names, and its prefix length.

#include "source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_ENTRIES 64
// 40 MB of entries. The kernel's limit is INT_MAX bytes.
#define MAX_ENTRIES (1 << 20)
// How often the list is taken that changes while its entries are asked about.
#define MAX_TRIES 4

int osh_ioctl_open(int *family, struct osh_attempt *attempt) {
  static const struct {
    int family;
    const char *call;
  } ways[] = {
      {AF_INET, "socket(AF_INET)"}, {AF_INET6, "socket(AF_INET6)"}, {AF_UNIX, "socket(AF_UNIX)"}};
  for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
    *family = ways[i].family;
    int fd = socket(ways[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
      return fd;
    osh_refused(attempt, ways[i].call, -errno);
  }
  // Another system call than socket(2), and as such often left open.
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
    return -errno;
  close(pair[1]);
  return pair[0];
}

static int ask_list(int fd, struct ifconf *list, int entries) {
  struct ifreq *grown = realloc(list->ifc_req, (size_t)entries * sizeof(struct ifreq));
  if (grown == NULL)
    return -ENOMEM;
  list->ifc_req = grown;
  list->ifc_len = entries * (int)sizeof(struct ifreq);
  return ioctl(fd, SIOCGIFCONF, list) == 0 ? 0 : -errno;
}

// A list that does not fit is cut short without a word, so it is asked for until it leaves room.
// Free `list->ifc_req` whatever is returned.
static int read_list(int fd, struct ifconf *list) {
  for (int entries = FIRST_ENTRIES; entries <= MAX_ENTRIES; entries *= 4) {
    int error = ask_list(fd, list, entries);
    if (error != 0)
      return error;
    if (list->ifc_len < (entries - 1) * (int)sizeof(struct ifreq))
      return 0;
  }
  return -EOVERFLOW;
}

// Asks about the IPv4 address that is in `entry`, under its label. The kernel answers for the first
// address with that label when this one is not there (devinet_ioctl()), so the answer needs a look.
static int ask_about(int fd, unsigned long request, const struct ifreq *entry, in_addr_t *answer) {
  struct ifreq ifreq = *entry;
  if (ioctl(fd, request, &ifreq) != 0)
    return -errno;
  *answer = ((struct sockaddr_in *)(void *)&ifreq.ifr_addr)->sin_addr.s_addr;
  return 0;
}

// The links by their names, and the last one found: entries of one link stand together.
struct tie {
  char name[IFNAMSIZ];
  uint32_t ifindex;
};

static int find_ifindex(int fd, const char *label, struct tie *tie) {
  size_t length = osh_label_link_length(label);
  if (tie->ifindex != 0 && strncmp(tie->name, label, length) == 0 && tie->name[length] == '\0')
    return 0;
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, label, length);
  memcpy(tie->name, ifreq.ifr_name, sizeof(tie->name));
  tie->ifindex = 0;
  if (ioctl(fd, SIOCGIFINDEX, &ifreq) != 0)
    return -errno;
  tie->ifindex = (uint32_t)ifreq.ifr_ifindex;
  return 0;
}

// What the kernel says of a link or an address that is not there, or no longer.
static bool is_absence(int error) {
  return error == -ENODEV || error == -EADDRNOTAVAIL || error == -ENOENT;
}

// The mask of the address under its label; -ENOENT when the label's link does not have it. That is
// asked last, since the mask may be of another address if this one went away before.
static int ask_mask(int fd, const struct ifreq *entry, struct osh_address *address,
                    struct osh_attempt *attempt) {
  in_addr_t mask = 0;
  in_addr_t answer = 0;
  int refused = ask_about(fd, SIOCGIFNETMASK, entry, &mask);
  if (is_absence(refused))
    return refused;
  int error = ask_about(fd, SIOCGIFADDR, entry, &answer);
  if (error != 0 || memcmp(&answer, address->bytes, sizeof(answer)) != 0)
    return error != 0 ? error : -ENOENT;
  if (refused != 0) {
    osh_refused(attempt, "ioctl(SIOCGIFNETMASK)", refused);
    return 0;
  }
  address->prefix_len = (uint8_t)__builtin_popcount(mask);
  address->marks = OSH_ADDRESS_PREFIX_KNOWN;
  return 0;
}

// Ties an address to the link that its label names. AF_INET sockets are asked whether it really is
// there, and for its mask; elsewhere the label's word has to do.
static int tie_address(int fd, int family, const struct ifreq *entry, struct tie *tie,
                       struct osh_address *address, struct osh_attempt *attempt) {
  int error = find_ifindex(fd, address->name, tie);
  if (error == 0 && family == AF_INET)
    error = ask_mask(fd, entry, address, attempt);
  if (error == 0)
    address->ifindex = tie->ifindex;
  return error;
}

// Entries of one link stand together, so one that is between two of the same link is on it, too.
static void tie_enclosed(struct osh_address *addresses, size_t count) {
  uint32_t before = 0;
  size_t next = 0;
  for (size_t i = 0; i < count; i++) {
    if (addresses[i].ifindex != 0) {
      before = addresses[i].ifindex;
      continue;
    }
    for (next = next > i ? next : i; next < count && addresses[next].ifindex == 0; next++)
      ;
    if (before != 0 && next < count && addresses[next].ifindex == before)
      addresses[i].ifindex = before;
  }
}

// What could not be tied is left out, and said to be.
static int omit_untied(struct osh_snapshot *snapshot, size_t first) {
  size_t kept = first;
  for (size_t i = first; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->ifindex != 0) {
      int error = osh_mention_link(snapshot, address->ifindex);
      if (error != 0)
        return error;
      snapshot->addresses[kept++] = *address;
    } else if (osh_omit(snapshot, address) != 0) {
      return -ENOMEM;
    }
  }
  snapshot->address_count = kept;
  return 0;
}

// Takes a list into the snapshot. `*doubtful`: labels in it name no link that has the address, as
// some do; or the list is of yesterday.
static int take_list(struct osh_snapshot *snapshot, int fd, int family, const struct ifconf *list,
                     struct osh_attempt *attempt, bool *doubtful) {
  size_t first = snapshot->address_count;
  struct tie tie = {0};
  *doubtful = false;
  for (size_t i = 0; i < (size_t)list->ifc_len / sizeof(struct ifreq); i++) {
    const struct ifreq *entry = &list->ifc_req[i];
    struct osh_address *address = osh_add_address(snapshot);
    if (address == NULL)
      return -ENOMEM;
    address->family = AF_INET;
    memcpy(address->name, entry->ifr_name, sizeof(address->name) - 1);
    memcpy(address->bytes, &((const struct sockaddr_in *)(const void *)&entry->ifr_addr)->sin_addr,
           sizeof(struct in_addr));
    int error = tie_address(fd, family, entry, &tie, address, attempt);
    if (is_absence(error))
      *doubtful = true;
    else if (error != 0)
      osh_refused(attempt, "ioctl(SIOCGIFINDEX, SIOCGIFADDR)", error);
  }
  tie_enclosed(&snapshot->addresses[first], snapshot->address_count - first);
  return omit_untied(snapshot, first);
}

static bool has_changed(int fd, const struct ifconf *list) {
  struct ifconf now = {0};
  bool changed =
      read_list(fd, &now) == 0 && (now.ifc_len != list->ifc_len ||
                                   memcmp(now.ifc_req, list->ifc_req, (size_t)now.ifc_len) != 0);
  free(now.ifc_req);
  return changed;
}

int osh_ioctl_read(struct osh_snapshot *snapshot, int fd, int family, struct osh_attempt *attempt) {
  const struct osh_snapshot before = *snapshot;
  struct ifconf list = {0};
  bool again = true;
  int error = 0;

  for (int try = 0; try < MAX_TRIES && again && error == 0; try++) {
    snapshot->address_count = before.address_count;
    snapshot->link_count = before.link_count;
    snapshot->omission_count = before.omission_count;
    error = read_list(fd, &list);
    if (error == 0)
      error = take_list(snapshot, fd, family, &list, attempt, &again);
    again = again && has_changed(fd, &list);
  }
  free(list.ifc_req);
  if (error != 0) {
    snapshot->address_count = before.address_count;
    snapshot->link_count = before.link_count;
    return osh_refused(attempt, error == -ENOMEM ? "malloc" : "ioctl(SIOCGIFCONF)", error);
  }
  attempt->told |= OSH_FACT_IPV4;
  return 0;
}
