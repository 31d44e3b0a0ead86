// The dumps behind getifaddrs(3), for what a snapshot does not keep of them. libc may have failed
// where this does not: at bind(2), which is not done here, or at the other one of the two dumps.

#include "details.h"
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

// Under a storm of changes no dump is ever of one piece: then a refusal is what it comes to.
#define MAX_TRIES 4

static int take_datagram(void *messages, const void *datagram, size_t length) {
  return osh_messages_take(messages, datagram, length);
}

// One request and its answer, on a socket of its own: an interrupted dump leaves datagrams behind.
static int dump_once(uint16_t type, struct osh_messages *messages) {
  struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == NULL)
    return -errno;
  int error = osh_rtnetlink_send(socket, type, messages->seq);
  if (error == 0)
    error = osh_rtnetlink_receive(mnl_socket_get_fd(socket), take_datagram, messages);
  mnl_socket_close(socket);
  return error == 0 && messages->interrupted ? -EINTR : error;
}

static size_t copy_bytes(uint8_t *bytes, size_t capacity, const struct nlattr *attribute) {
  size_t length = mnl_attr_get_payload_len(attribute);
  length = length < capacity ? length : capacity;
  memcpy(bytes, mnl_attr_get_payload(attribute), length);
  return length;
}

static int take_link_attribute(const struct nlattr *attribute, void *data) {
  struct osh_link_detail *detail = data;
  struct osh_link *link = &detail->link;
  switch (mnl_attr_get_type(attribute)) {
  case IFLA_ADDRESS:
    link->hwaddr_len = (uint8_t)copy_bytes(link->hwaddr, sizeof(link->hwaddr), attribute);
    break;
  case IFLA_BROADCAST:
    detail->broadcast_len =
        (uint8_t)copy_bytes(detail->broadcast, sizeof(detail->broadcast), attribute);
    break;
  case IFLA_IFNAME:
    (void)copy_bytes((uint8_t *)link->name, sizeof(link->name) - 1, attribute);
    break;
  case IFLA_STATS: // grows with the kernel: what is beyond our header is left out
    (void)copy_bytes((uint8_t *)&detail->stats, sizeof(detail->stats), attribute);
    detail->has_stats = true;
    break;
  }
  return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *message, void *data) {
  struct osh_details *details = data;
  const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
  if (message->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(message) < sizeof(*header) ||
      header->ifi_family != AF_UNSPEC || header->ifi_index <= 0)
    return 0;
  struct osh_link_detail *detail = osh_add_link_detail(details);
  if (detail == NULL)
    return -ENOMEM;
  detail->link.ifindex = (uint32_t)header->ifi_index;
  detail->link.flags = header->ifi_flags;
  detail->link.type = header->ifi_type;
  detail->link.marks = OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR;
  osh_parse_attributes(message, sizeof(*header), take_link_attribute, detail);
  return 0;
}

int osh_details_dump_links(struct osh_details *details) {
  int error = -EINTR;
  for (int try = 0; try < MAX_TRIES && error == -EINTR; try++) {
    details->link_count = 0;
    struct osh_messages messages = {.seq = 1, .take = take_link, .data = details};
    error = dump_once(RTM_GETLINK, &messages);
  }
  if (error != 0)
    details->link_count = 0;
  return error;
}

struct address_attributes {
  const struct nlattr *address;
  const struct nlattr *local;
  const struct nlattr *broadcast;
};

static int take_address_attribute(const struct nlattr *attribute, void *data) {
  struct address_attributes *found = data;
  switch (mnl_attr_get_type(attribute)) {
  case IFA_ADDRESS:
    found->address = attribute;
    break;
  case IFA_LOCAL:
    found->local = attribute;
    break;
  case IFA_BROADCAST:
    found->broadcast = attribute;
    break;
  }
  return MNL_CB_OK;
}

struct walk {
  struct osh_details *details;
  const struct osh_snapshot *snapshot;
  size_t next; // messages mostly come in the order of the snapshot
};

static bool is_of(const struct osh_address *address, const struct ifaddrmsg *header,
                  const uint8_t *own, size_t size) {
  return address->family == header->ifa_family && address->ifindex == header->ifa_index &&
         memcmp(address->bytes, own, size) == 0 &&
         (!(address->marks & OSH_ADDRESS_PREFIX_KNOWN) ||
          address->prefix_len == header->ifa_prefixlen);
}

static struct osh_address_detail *find_address(struct walk *walk, const struct ifaddrmsg *header,
                                               const uint8_t *own, size_t size) {
  const size_t count = walk->snapshot->address_count;
  for (size_t i = 0; i < count; i++) {
    size_t place = (walk->next + i) % count;
    if (!is_of(&walk->snapshot->addresses[place], header, own, size))
      continue;
    walk->next = place + 1;
    return &walk->details->addresses[place];
  }
  return NULL;
}

static int take_address(const struct nlmsghdr *message, void *data) {
  const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
  if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(*header))
    return 0;
  const size_t size = header->ifa_family == AF_INET ? 4 : 16;
  struct address_attributes found = {0};
  osh_parse_attributes(message, sizeof(*header), take_address_attribute, &found);
  const struct nlattr *own = found.local != NULL ? found.local : found.address;
  if (own == NULL || mnl_attr_get_payload_len(own) != size)
    return 0;

  struct osh_address_detail *detail = find_address(data, header, mnl_attr_get_payload(own), size);
  if (detail == NULL)
    return 0;
  // With IFA_LOCAL, IFA_ADDRESS is the peer's address, which for IPv4 may be our own.
  const struct nlattr *other = found.broadcast != NULL ? found.broadcast
                               : found.local != NULL   ? found.address
                                                       : NULL;
  detail->other = OSH_OTHER_NONE;
  if (other != NULL && mnl_attr_get_payload_len(other) == size) {
    detail->other = OSH_OTHER_TOLD;
    memcpy(detail->bytes, mnl_attr_get_payload(other), size);
  }
  return 0;
}

int osh_details_dump_addresses(struct osh_details *details, const struct osh_snapshot *snapshot) {
  int error = -EINTR;
  for (int try = 0; try < MAX_TRIES && error == -EINTR; try++) {
    struct walk walk = {.details = details, .snapshot = snapshot};
    struct osh_messages messages = {.seq = 1, .take = take_address, .data = &walk};
    error = dump_once(RTM_GETADDR, &messages);
  }
  return error;
}
