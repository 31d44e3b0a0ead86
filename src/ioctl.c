// netdevice(7) as a source: SIOCGIFCONF lists every IPv4 address with its label, on a socket of any
// family; SIOCGIFADDR and SIOCGIFNETMASK, which only an AF_INET socket answers, tell whether an
// address really is on the link that its label names, and its prefix length. What a label cannot
// tell is left to tie.c.

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
struct lookup {
  char name[IFNAMSIZ];
  uint32_t ifindex;
};

static int find_ifindex(int fd, const char *label, struct lookup *last) {
  size_t length = osh_label_link_length(label);
  if (last->ifindex != 0 && strncmp(last->name, label, length) == 0 && last->name[length] == '\0')
    return 0;
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, label, length);
  memcpy(last->name, ifreq.ifr_name, sizeof(last->name));
  last->ifindex = 0;
  if (ioctl(fd, SIOCGIFINDEX, &ifreq) != 0)
    return -errno;
  last->ifindex = (uint32_t)ifreq.ifr_ifindex;
  return 0;
}

// Whether the address is on the link that its label names (-ENOENT when it is not), and its mask.
static int ask_inet(int fd, const struct ifreq *entry, struct osh_address *address,
                    struct osh_attempt *attempt) {
  in_addr_t own;
  memcpy(&own, address->bytes, sizeof(own));
  in_addr_t answer = 0;
  int error = ask_about(fd, SIOCGIFADDR, entry, &answer);
  if (error != 0 || answer != own)
    return error != 0 ? error : -ENOENT;
  error = ask_about(fd, SIOCGIFNETMASK, entry, &answer);
  if (error == 0) {
    address->prefix_len = (uint8_t)__builtin_popcount(answer);
    address->marks |= OSH_ADDRESS_PREFIX_KNOWN;
  } else {
    osh_refused(attempt, "ioctl(SIOCGIFNETMASK)", error);
  }
  return 0;
}

// Ties an address to the link that its label names, where there is one. Only on an AF_INET socket
// does the kernel say whether it really is there; elsewhere that is the label's word.
static int take_label(int fd, int family, const struct ifreq *entry, struct lookup *last,
                      struct osh_address *address, struct osh_attempt *attempt) {
  int error = find_ifindex(fd, address->name, last);
  if (error != 0)
    return error;
  if (family != AF_INET)
    address->marks |= OSH_ADDRESS_LINK_INFERRED;
  else
    error = ask_inet(fd, entry, address, attempt);
  if (error == 0)
    address->ifindex = last->ifindex;
  return error;
}

static int take_list(struct osh_snapshot *snapshot, int fd, int family, const struct ifconf *list,
                     struct osh_attempt *attempt) {
  struct lookup last = {0};
  for (size_t i = 0; i < (size_t)list->ifc_len / sizeof(struct ifreq); i++) {
    const struct ifreq *entry = &list->ifc_req[i];
    struct osh_address *address = osh_add_address(snapshot);
    if (address == NULL)
      return -ENOMEM;
    address->family = AF_INET;
    memcpy(address->name, entry->ifr_name, sizeof(address->name) - 1);
    memcpy(address->bytes, &((const struct sockaddr_in *)(const void *)&entry->ifr_addr)->sin_addr,
           sizeof(struct in_addr));
    int error = take_label(fd, family, entry, &last, address, attempt);
    if (error != 0 && error != -ENODEV && error != -EADDRNOTAVAIL && error != -ENOENT)
      osh_refused(attempt, "ioctl(SIOCGIFINDEX, SIOCGIFADDR)", error);
    if (address->ifindex != 0 && osh_mention_link(snapshot, address->ifindex) != 0)
      return -ENOMEM;
  }
  return 0;
}

int osh_ioctl_read(struct osh_snapshot *snapshot, int fd, int family, struct osh_attempt *attempt) {
  size_t addresses = snapshot->address_count;
  size_t links = snapshot->link_count;
  struct ifconf list = {0};

  int error = read_list(fd, &list);
  if (error == 0)
    error = take_list(snapshot, fd, family, &list, attempt);
  free(list.ifc_req);
  if (error != 0) {
    snapshot->address_count = addresses;
    snapshot->link_count = links;
    return osh_refused(attempt, error == -ENOMEM ? "malloc" : "ioctl(SIOCGIFCONF)", error);
  }
  attempt->told |= OSH_FACT_IPV4;
  return 0;
}
