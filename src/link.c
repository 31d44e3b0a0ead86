// Links by netdevice(7): name, flags and hardware address, asked on a descriptor somebody else
// opened. These requests are answered on a socket of any family (sock_ioctl() hands them to
// dev_ioctl() before the family sees them), so they also work on the netlink socket, and there cost
// less than half of RTM_GETLINK's message of over a kilobyte a link.

#include "source.h"

#include <errno.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#define FACTS_BY_NAME (OSH_LINK_FLAGS | OSH_LINK_HWADDR)
#define COMPLETE (OSH_LINK_NAME | FACTS_BY_NAME)

// How often a link is asked about again that was renamed between two of its requests.
#define RENAME_TRIES 4

static int ask(int fd, unsigned long request, struct ifreq *ifreq) {
  return ioctl(fd, request, ifreq) == 0 ? 0 : -errno;
}

// A refusal costs this one fact and no other; a link that went away costs all of them.
static int keep_first(int first, int error, const char *name, const char **call) {
  if (first != 0 || error == 0)
    return first;
  *call = name;
  return error;
}

static void take_hwaddr(struct osh_link *link, const struct ifreq *ifreq) {
  link->type = ifreq->ifr_hwaddr.sa_family;
  link->marks |= OSH_LINK_HWADDR;
  // The length is not told. It is that of the type; a type without addresses leaves zeros.
  bool ethernet = link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
  link->hwaddr_len = ethernet ? 6 : sizeof(ifreq->ifr_hwaddr.sa_data);
  memcpy(link->hwaddr, ifreq->ifr_hwaddr.sa_data, link->hwaddr_len);
}

// Flags and hardware address of the link that bears `link->name` now.
static int ask_by_name(int fd, struct osh_link *link, const char **call) {
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, link->name, sizeof(ifreq.ifr_name));

  int error = ask(fd, SIOCGIFFLAGS, &ifreq);
  if (error == -ENODEV)
    return error;
  int first = keep_first(0, error, "ioctl(SIOCGIFFLAGS)", call);
  if (error == 0) {
    link->flags = (uint16_t)ifreq.ifr_flags;
    link->marks |= OSH_LINK_FLAGS;
  }

  memset(&ifreq.ifr_ifru, 0, sizeof(ifreq.ifr_ifru));
  error = ask(fd, SIOCGIFHWADDR, &ifreq);
  if (error == -ENODEV)
    return error;
  if (error == 0)
    take_hwaddr(link, &ifreq);
  return keep_first(first, error, "ioctl(SIOCGIFHWADDR)", call);
}

static int ask_name(int fd, struct osh_link *link, const char **call) {
  struct ifreq ifreq = {.ifr_ifindex = (int)link->ifindex};
  int error = ask(fd, SIOCGIFNAME, &ifreq);
  // A name that was only suggested goes.
  if (error == 0 || !(link->marks & OSH_LINK_NAME))
    memset(link->name, 0, sizeof(link->name));
  if (error == 0) {
    memcpy(link->name, ifreq.ifr_name, sizeof(link->name) - 1);
    link->marks |= OSH_LINK_NAME;
  }
  return error == -ENODEV ? error : keep_first(0, error, "ioctl(SIOCGIFNAME)", call);
}

static int ask_ifindex(int fd, const char *name, uint32_t *ifindex) {
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, name, sizeof(ifreq.ifr_name));
  int error = ask(fd, SIOCGIFINDEX, &ifreq);
  *ifindex = error == 0 ? (uint32_t)ifreq.ifr_ifindex : 0;
  return error;
}

// What was told of another link that bore the name for a while must not be left as this one's.
static void forget_facts_by_name(struct osh_link *link) {
  link->marks &= (uint8_t)~FACTS_BY_NAME;
  link->flags = 0;
  link->type = 0;
  link->hwaddr_len = 0;
  memset(link->hwaddr, 0, sizeof(link->hwaddr));
}

void osh_link_take(struct osh_link *link, int fd) {
  const char *ignored;
  if (ask_by_name(fd, link, &ignored) != 0)
    forget_facts_by_name(link);
}

// Takes the name that a label or /proc suggested at its word until the name is asked for at the
// end, which the general way does at the beginning and then asks the number back. The number would
// not do here: a label may be an alternative name of its link, and those are found, too.
static bool complete_suggested(int fd, struct osh_link *link) {
  if (link->name[0] == '\0')
    return false;
  osh_link_take(link, fd);
  struct ifreq ifreq = {.ifr_ifindex = (int)link->ifindex};
  if ((link->marks & FACTS_BY_NAME) == FACTS_BY_NAME && ask(fd, SIOCGIFNAME, &ifreq) == 0 &&
      strncmp(link->name, ifreq.ifr_name, sizeof(link->name)) == 0) {
    link->marks |= OSH_LINK_NAME;
    return true;
  }
  forget_facts_by_name(link);
  return false;
}

// A link that is being renamed bears its new name before it is found by it (dev_change_name()), and
// the kernel holds a lock all the while that SIOCGIFCONF waits for. Without a buffer it only
// counts.
static void await_rename(int fd) {
  struct ifconf none = {0};
  (void)ioctl(fd, SIOCGIFCONF, &none);
}

// The name is asked by number and the rest by name, so a link renamed in between could lend its
// name to another: the number is asked back at the end, and all of it again when it is not the
// same.
static int complete(int fd, struct osh_link *link, const char **call) {
  if (complete_suggested(fd, link))
    return 0;
  for (int try = 0; try < RENAME_TRIES; try++) {
    int refused = ask_name(fd, link, call);
    if (refused == -ENODEV)
      return refused;
    if (!(link->marks & OSH_LINK_NAME))
      return refused;

    const char *later;
    int error = ask_by_name(fd, link, refused != 0 ? &later : call);
    uint32_t ifindex = 0;
    if (error != -ENODEV && ask_ifindex(fd, link->name, &ifindex) != -ENODEV &&
        (ifindex == link->ifindex || ifindex == 0))
      return refused != 0 ? refused : error;
    *link = (struct osh_link){.ifindex = link->ifindex};
    await_rename(fd);
  }
  return -ENODEV;
}

// A label may name a link other than the one its address is on, and then that one's hardware
// address is shown beside it (libuv looks it up by name). A label that names no link at all is no
// error.
static int complete_named(struct osh_snapshot *snapshot, int fd, const char *label,
                          const char **call) {
  struct osh_link named = {0};
  memcpy(named.name, label, osh_label_link_length(label));
  int error = ask_ifindex(fd, named.name, &named.ifindex);
  if (error != 0)
    return error == -ENODEV ? 0 : keep_first(0, error, "ioctl(SIOCGIFINDEX)", call);
  error = complete(fd, &named, call);
  if (error == -ENODEV)
    return 0;
  struct osh_link *link = osh_add_link(snapshot);
  if (link == NULL)
    return keep_first(error, -ENOMEM, "malloc", call);
  *link = named;
  return error;
}

static int complete_label_links(struct osh_snapshot *snapshot, int fd, const char **call) {
  size_t hint = 0;
  size_t linked = snapshot->link_count;
  int first = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family != AF_INET || osh_label_link_length(address->name) == 0)
      continue;
    const struct osh_link *own = osh_find_link(snapshot, address->ifindex, &hint);
    if ((own != NULL && osh_label_names(address->name, own)) ||
        osh_find_labelled(snapshot, address->name) != NULL)
      continue;
    const char *refused = NULL;
    int error = complete_named(snapshot, fd, address->name, &refused);
    first = keep_first(first, error, refused, call);
  }
  if (snapshot->link_count != linked)
    osh_sort_links(snapshot);
  return first;
}

// Most labels are, or begin with, the name of the link.
static void suggest_names(struct osh_snapshot *snapshot) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family != AF_INET)
      continue;
    struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link != NULL && link->name[0] == '\0')
      memcpy(link->name, address->name, osh_label_link_length(address->name));
  }
}

int osh_links_complete(struct osh_snapshot *snapshot, int fd, const char **call) {
  osh_sort_links(snapshot);
  suggest_names(snapshot);
  int first = 0;
  size_t kept = 0;
  bool gone = false;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    int error = (link->marks & COMPLETE) == COMPLETE ? 0 : complete(fd, link, call);
    gone |= error == -ENODEV;
    if (error == -ENODEV)
      continue;
    if (first == 0)
      first = error;
    if (kept != i)
      snapshot->links[kept] = *link;
    kept++;
  }
  snapshot->link_count = kept;
  if (first != 0)
    return first;
  int error = complete_label_links(snapshot, fd, call);
  return error == 0 && gone ? -ENODEV : error;
}
