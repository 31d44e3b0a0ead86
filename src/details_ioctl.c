// netdevice(7) for what getifaddrs(3) tells beyond a snapshot, where rtnetlink does not: links
// without addresses, how long hardware addresses are, and broadcast and peer addresses of IPv4.

#include "details.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct search {
  struct osh_snapshot links; // of which only the links are used
  int fd;
};

static int mention_named(const char *name, const struct rtnl_link_stats *stats, void *data) {
  (void)stats;
  struct search *search = data;
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, name, sizeof(ifreq.ifr_name));
  if (ioctl(search->fd, SIOCGIFINDEX, &ifreq) != 0)
    return 0;
  return osh_mention_link(&search->links, (uint32_t)ifreq.ifr_ifindex);
}

// SIOCGIFHWADDR does not tell the length of what it gives, and gives 14 bytes at most. The length
// of the permanent address is that of every address of the link (ethtool_get_perm_addr()).
static uint8_t ask_hwaddr_len(int fd, const struct osh_link *link) {
  union {
    struct ethtool_perm_addr header;
    uint8_t bytes[sizeof(struct ethtool_perm_addr) + sizeof(link->hwaddr)];
  } answer = {.header = {.cmd = ETHTOOL_GPERMADDR, .size = sizeof(link->hwaddr)}};
  struct ifreq ifreq = {.ifr_data = (void *)&answer};
  memcpy(ifreq.ifr_name, link->name, sizeof(ifreq.ifr_name));
  if (ioctl(fd, SIOCETHTOOL, &ifreq) == 0)
    return answer.header.size < link->hwaddr_len ? (uint8_t)answer.header.size : link->hwaddr_len;
  static const uint8_t zeros[sizeof(link->hwaddr)];
  return memcmp(link->hwaddr, zeros, sizeof(zeros)) == 0 ? 0 : link->hwaddr_len;
}

// No request tells it. That of Ethernet is the one IEEE 802 fixes, and the loopback link has zeros
// (ether_setup(), loopback_setup()).
static void infer_broadcast(struct osh_link_detail *detail) {
  const uint16_t type = detail->link.type;
  if (detail->link.hwaddr_len != 6 || (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK))
    return;
  memset(detail->broadcast, type == ARPHRD_ETHER ? 0xff : 0, 6);
  detail->broadcast_len = 6;
}

static int take_link(struct osh_details *details, int fd, const struct osh_link *link) {
  struct osh_link_detail *detail = osh_add_link_detail(details);
  if (detail == NULL)
    return -ENOMEM;
  detail->link = *link;
  if ((link->marks & OSH_LINK_HWADDR) && link->type != ARPHRD_ETHER &&
      link->type != ARPHRD_LOOPBACK)
    detail->link.hwaddr_len = fd < 0 ? 0 : ask_hwaddr_len(fd, link);
  infer_broadcast(detail);
  return 0;
}

// What the snapshot knows of a link, inferred flags included, where asking gave less.
static const struct osh_link *better(const struct osh_snapshot *snapshot,
                                     const struct osh_link *asked, size_t *hint) {
  const struct osh_link *known = osh_find_link(snapshot, asked->ifindex, hint);
  const uint8_t told = OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR;
  return known != NULL && (asked->marks & told) != told ? known : asked;
}

int osh_details_ask_links(struct osh_details *details, const struct osh_snapshot *snapshot) {
  struct osh_attempt attempt = {0};
  int family;
  struct search search = {.fd = osh_ioctl_open(&family, &attempt)};
  int error = 0;
  for (size_t i = 0; i < snapshot->link_count && error == 0; i++)
    error = osh_mention_link(&search.links, snapshot->links[i].ifindex);
  if (error == 0 && search.fd >= 0)
    error = osh_details_each_dev(mention_named, &search) == -ENOMEM ? -ENOMEM : 0;
  osh_sort_links(&search.links);
  if (error == 0 && search.fd >= 0) {
    const char *call;
    (void)osh_links_complete(&search.links, search.fd, &call);
  }
  size_t hint = 0;
  for (size_t i = 0; i < search.links.link_count && error == 0; i++) {
    const struct osh_link *link = better(snapshot, &search.links.links[i], &hint);
    if (link->name[0] != '\0')
      error = take_link(details, search.fd, link);
  }
  osh_snapshot_free(&search.links);
  if (search.fd >= 0)
    close(search.fd);
  return error;
}

static int ask(int fd, unsigned long request, const struct ifreq *address, in_addr_t *answer) {
  struct ifreq ifreq = *address;
  if (ioctl(fd, request, &ifreq) != 0)
    return -errno;
  *answer = ((struct sockaddr_in *)(void *)&ifreq.ifr_addr)->sin_addr.s_addr;
  return 0;
}

// The kernel answers for another address of the label when this one is not there
// (devinet_ioctl()): SIOCGIFADDR's echo tells. A peer's address is our own where there is no peer.
static void ask_address(int fd, const struct osh_snapshot *snapshot,
                        const struct osh_address *address, struct osh_address_detail *detail) {
  const struct osh_link *link = &snapshot->links[address->link];
  const char *name = address->name[0] != '\0' ? address->name : link->name;
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, name, sizeof(ifreq.ifr_name));
  struct sockaddr_in *own = (struct sockaddr_in *)(void *)&ifreq.ifr_addr;
  own->sin_family = AF_INET;
  memcpy(&own->sin_addr, address->bytes, sizeof(own->sin_addr));

  in_addr_t answer = 0;
  if (ask(fd, SIOCGIFADDR, &ifreq, &answer) != 0 || answer != own->sin_addr.s_addr)
    return;
  if (ask(fd, SIOCGIFBRDADDR, &ifreq, &answer) != 0)
    return;
  if (answer == 0 && ask(fd, SIOCGIFDSTADDR, &ifreq, &answer) != 0)
    return;
  detail->other = answer == 0 ? OSH_OTHER_NONE : OSH_OTHER_TOLD;
  memcpy(detail->bytes, &answer, sizeof(answer));
}

void osh_details_ask_addresses(struct osh_details *details, const struct osh_snapshot *snapshot) {
  struct osh_attempt attempt = {0};
  int family;
  int fd = osh_ioctl_open(&family, &attempt);
  for (size_t i = 0; fd >= 0 && family == AF_INET && i < snapshot->address_count; i++)
    if (snapshot->addresses[i].family == AF_INET)
      ask_address(fd, snapshot, &snapshot->addresses[i], &details->addresses[i]);
  if (fd >= 0)
    close(fd);
}
