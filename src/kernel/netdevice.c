// netdevice(7) requests about links; see netdevice.h.

#include "netdevice.h"
#include "../core/addresses.h"
#include "../core/links.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FACTS_BY_NAME (OSH_LINK_FLAGS | OSH_LINK_HWADDR)
#define COMPLETE (OSH_LINK_NAME | FACTS_BY_NAME)

// How often a link is asked about whose name changes meanwhile.
#define MAX_TRIES 4

// What is being completed.
struct completion {
  struct osh_snapshot *snapshot;
  int fd;
  struct osh_attempt attempt; // only `call` and `error`
  bool consistent;            // cleared if a link was renamed or removed
};

// Not kept open: with the caller's socket and a file of /proc, it would be a third descriptor.
static int make_request_on_unix(unsigned long request, struct ifreq *ifreq) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return osh_is_shortage(-errno) ? -errno : -ENOTTY;
  int error = ioctl(fd, request, ifreq) == 0 ? 0 : -errno;
  close(fd);
  return error;
}

static int make_request(int fd, unsigned long request, struct ifreq *ifreq) {
  if (ioctl(fd, request, ifreq) == 0)
    return 0;
  return errno == ENOTTY ? make_request_on_unix(request, ifreq) : -errno;
}

static int request_by_name(int fd, unsigned long request, const char *name, struct ifreq *ifreq) {
  memset(ifreq, 0, sizeof(*ifreq));
  memcpy(ifreq->ifr_name, name, strnlen(name, IFNAMSIZ - 1));
  return make_request(fd, request, ifreq);
}

int osh_netdevice_ifindex(int fd, const char *label, uint32_t *ifindex) {
  const size_t length = osh_label_name_length(label);
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, label, length < IFNAMSIZ ? length : IFNAMSIZ - 1);
  int error = make_request(fd, SIOCGIFINDEX, &ifreq);
  *ifindex = error == 0 ? (uint32_t)ifreq.ifr_ifindex : 0;
  return error;
}

// Whether the link's type has hardware addresses of six bytes.
static bool has_mac(const struct osh_link *link) {
  return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

// SIOCGIFHWADDR reports 14 bytes of the hardware address, and not how long it is. Every address of
// a link is as long as its permanent one (ethtool_get_perm_addr()). If that is refused, zeros are
// taken for none.
static void read_hwaddr_len(struct completion *completion, struct osh_link *link) {
  union {
    struct ethtool_perm_addr header;
    uint8_t bytes[sizeof(struct ethtool_perm_addr) + sizeof(link->hwaddr)];
  } answer = {.header = {.cmd = ETHTOOL_GPERMADDR, .size = sizeof(link->hwaddr)}};
  struct ifreq ifreq = {.ifr_data = (void *)&answer};
  memcpy(ifreq.ifr_name, link->name, sizeof(ifreq.ifr_name));
  const int error = ioctl(completion->fd, SIOCETHTOOL, &ifreq) == 0 ? 0 : -errno;
  osh_record_shortage(&completion->attempt, "ioctl(SIOCETHTOOL)", error);
  if (error == 0 && answer.header.size <= link->hwaddr_len)
    link->hwaddr_len = (uint8_t)answer.header.size;
  else if (error != 0 && osh_is_zero(link->hwaddr, link->hwaddr_len))
    link->hwaddr_len = 0;
  else
    link->facts |= OSH_LINK_HWADDR_CUT;
}

// No request reports the hardware broadcast address. That of Ethernet is fixed by IEEE 802, and the
// loopback link's is zero (ether_setup(), loopback_setup()).
static void read_link_details(struct completion *completion, struct osh_link *link,
                              struct osh_link_details *details) {
  struct ifreq ifreq;
  const int error = request_by_name(completion->fd, SIOCGIFMTU, link->name, &ifreq);
  osh_record_shortage(&completion->attempt, "ioctl(SIOCGIFMTU)", error);
  // gVisor returns 0.
  if (error == 0 && ifreq.ifr_mtu > 0) {
    details->mtu = (uint32_t)ifreq.ifr_mtu;
    details->facts |= OSH_LINK_MTU;
  }
  if (has_mac(link)) {
    details->facts |= OSH_LINK_BROADCAST;
    details->broadcast_len = 6;
    memset(details->broadcast, link->type == ARPHRD_ETHER ? 0xff : 0, 6);
  } else if (link->facts & OSH_LINK_HWADDR) {
    read_hwaddr_len(completion, link);
  }
}

// Reads flags and hardware address of the link that has the name now. A refusal costs one of them.
// Returns false if no link has the name.
static bool read_by_name(struct completion *completion, struct osh_link *link) {
  struct ifreq ifreq;
  int error = request_by_name(completion->fd, SIOCGIFFLAGS, link->name, &ifreq);
  if (error == -ENODEV)
    return false;
  if (error == 0) {
    link->flags = (uint16_t)ifreq.ifr_flags;
    link->facts |= OSH_LINK_FLAGS;
  } else {
    osh_record_failure(&completion->attempt, "ioctl(SIOCGIFFLAGS)", error);
  }

  error = request_by_name(completion->fd, SIOCGIFHWADDR, link->name, &ifreq);
  if (error == -ENODEV)
    return false;
  if (error == 0) {
    link->type = ifreq.ifr_hwaddr.sa_family;
    link->facts = (uint8_t)((link->facts | OSH_LINK_HWADDR) & ~OSH_LINK_HWADDR_CUT);
    link->hwaddr_len = has_mac(link) ? 6 : sizeof(ifreq.ifr_hwaddr.sa_data);
    memcpy(link->hwaddr, ifreq.ifr_hwaddr.sa_data, link->hwaddr_len);
  } else {
    osh_record_failure(&completion->attempt, "ioctl(SIOCGIFHWADDR)", error);
  }
  struct osh_link_details *details = osh_link_details(completion->snapshot, link);
  if (details != NULL)
    read_link_details(completion, link, details);
  return true;
}

// Another link may have had the name while it was asked about.
static void forget_facts_by_name(const struct osh_snapshot *snapshot, struct osh_link *link) {
  link->facts &= (uint8_t) ~(FACTS_BY_NAME | OSH_LINK_HWADDR_CUT);
  link->flags = 0;
  link->type = 0;
  link->hwaddr_len = 0;
  memset(link->hwaddr, 0, sizeof(link->hwaddr));
  struct osh_link_details *details = osh_link_details(snapshot, link);
  if (details == NULL)
    return;
  details->facts &= (uint8_t) ~(OSH_LINK_MTU | OSH_LINK_BROADCAST);
  details->mtu = 0;
  details->broadcast_len = 0;
  memset(details->broadcast, 0, sizeof(details->broadcast));
}

enum name_check {
  NAME_SAME,
  NAME_NEW,     // the link has another name now, or its first one
  NAME_GONE,    // there is no such link
  NAME_REFUSED, // the name that the link has, if any, is unverified
};

static enum name_check update_name(struct completion *completion, struct osh_link *link) {
  struct ifreq ifreq = {.ifr_ifindex = (int)link->ifindex};
  int error = make_request(completion->fd, SIOCGIFNAME, &ifreq);
  if (error == -ENODEV)
    return NAME_GONE;
  if (error != 0) {
    osh_record_failure(&completion->attempt, "ioctl(SIOCGIFNAME)", error);
    return NAME_REFUSED;
  }
  link->facts |= OSH_LINK_NAME;
  if (strncmp(link->name, ifreq.ifr_name, sizeof(link->name)) == 0)
    return NAME_SAME;
  link->facts &= (uint8_t)~OSH_LINK_NAME_CONFIRMED;
  memset(link->name, 0, sizeof(link->name));
  memcpy(link->name, ifreq.ifr_name, strnlen(ifreq.ifr_name, sizeof(link->name) - 1));
  return NAME_NEW;
}

// /proc reported the name, and the link of that name still has the ifindex, unless that is refused.
static bool has_name_of_ifindex(int fd, const struct osh_link *link) {
  uint32_t ifindex;
  int error = osh_netdevice_ifindex(fd, link->name, &ifindex);
  return error == 0 ? ifindex == link->ifindex : error != -ENODEV;
}

// While a link is being renamed, the kernel holds a lock that SIOCGIFCONF waits for. Without a
// buffer, SIOCGIFCONF only counts.
static void await_rename(int fd) {
  struct ifconf none = {0};
  (void)ioctl(fd, SIOCGIFCONF, &none);
}

// If the request for the name is refused, a name is as reliable as its source: a label only
// suggests one.
static void keep_verified_facts(struct completion *completion, struct osh_link *link, bool found) {
  const bool named = (link->facts & OSH_LINK_NAME) != 0;
  if (!named)
    memset(link->name, 0, sizeof(link->name));
  if (!named || !found || !has_name_of_ifindex(completion->fd, link))
    forget_facts_by_name(completion->snapshot, link);
}

// Reads a link's facts by its name, and asks for the name again at the end: if that has changed,
// the facts may be another link's. A link that is being renamed has its new name some time before
// requests find it by that name (dev_change_name()). A confirmed name is not asked for again: the
// caller compares the labels. Returns false if the link no longer exists.
static bool complete_link(struct completion *completion, struct osh_link *link) {
  if ((link->facts & OSH_LINK_NAME_CONFIRMED) && read_by_name(completion, link))
    return true;
  for (int tries = 0; tries < MAX_TRIES; tries++) {
    bool found = link->name[0] != '\0' && read_by_name(completion, link);
    enum name_check name = update_name(completion, link);
    if (name == NAME_SAME && found)
      return true;
    if (name == NAME_REFUSED) {
      keep_verified_facts(completion, link, found);
      return true;
    }
    if (name == NAME_GONE) {
      completion->consistent = false;
      return false;
    }
    forget_facts_by_name(completion->snapshot, link);
    if (name == NAME_SAME)
      await_rename(completion->fd);
  }
  completion->consistent = false;
  return true;
}

// Most labels are, or begin with, the name of the link that their address is on.
static void suggest_names(struct osh_snapshot *snapshot) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family != AF_INET)
      continue;
    struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link != NULL && link->name[0] == '\0')
      memcpy(link->name, address->label, osh_label_name_length(address->label));
  }
}

static void complete_known_links(struct completion *completion) {
  struct osh_snapshot *snapshot = completion->snapshot;
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    if ((link->facts & COMPLETE) != COMPLETE && !complete_link(completion, link))
      continue;
    if (kept != i)
      snapshot->links[kept] = *link;
    kept++;
  }
  snapshot->link_count = kept;
}

static void add_labelled_link(struct completion *completion, const char *label) {
  uint32_t ifindex;
  int error = osh_netdevice_ifindex(completion->fd, label, &ifindex);
  if (error != 0 && error != -ENODEV)
    osh_record_failure(&completion->attempt, "ioctl(SIOCGIFINDEX)", error);
  if (error != 0)
    return;
  struct osh_link *link = osh_add_link(completion->snapshot);
  if (link == NULL) {
    osh_record_failure(&completion->attempt, "malloc", -ENOMEM);
    return;
  }
  link->ifindex = ifindex;
  memcpy(link->name, label, osh_label_name_length(label));
  if (!complete_link(completion, link))
    completion->snapshot->link_count--;
}

// libuv looks up the hardware address by the label, so a label that names another link than its
// address is on needs that link, too.
static void add_labelled_links(struct completion *completion) {
  struct osh_snapshot *snapshot = completion->snapshot;
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family != AF_INET || osh_label_name_length(address->label) == 0)
      continue;
    const struct osh_link *own = osh_find_link(snapshot, address->ifindex, &hint);
    if ((own == NULL || !osh_label_names(address->label, own)) &&
        osh_find_labelled_link(snapshot, address->label, &(size_t){0}) == NULL)
      add_labelled_link(completion, address->label);
  }
  osh_sort_links(snapshot);
}

int osh_netdevice_complete_links(struct osh_snapshot *snapshot, int fd, bool *consistent,
                                 const char **call) {
  struct completion completion = {.snapshot = snapshot, .fd = fd, .consistent = true};
  osh_sort_links(snapshot);
  suggest_names(snapshot);
  complete_known_links(&completion);
  if (completion.attempt.error == 0)
    add_labelled_links(&completion);
  *consistent &= completion.consistent;
  *call = completion.attempt.call;
  return completion.attempt.error;
}

bool osh_netdevice_are_states_unchanged(const struct osh_snapshot *snapshot, int fd) {
  bool unchanged = true;
  for (size_t i = 0; i < snapshot->link_count && unchanged; i++) {
    const struct osh_link *link = &snapshot->links[i];
    if (!(link->facts & OSH_LINK_FLAGS))
      continue;
    struct ifreq ifreq;
    int error = request_by_name(fd, SIOCGIFFLAGS, link->name, &ifreq);
    unchanged =
        error == 0 ? ((link->flags ^ (uint32_t)ifreq.ifr_flags) & IFF_UP) == 0 : error != -ENODEV;
  }
  return unchanged;
}
