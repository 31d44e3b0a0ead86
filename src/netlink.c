// Understands what an RTM_GETADDR or RTM_GETLINK dump answers; rtnetlink.c gets it from the kernel.

#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

// The attributes that say something about a link or an address. With all of them found the rest of
// the message need not be walked through.
struct attributes {
  const struct nlattr *address;
  const struct nlattr *local;
  const struct nlattr *name;
};

static int take_address_attribute(const struct nlattr *attribute, void *data) {
  struct attributes *found = data;
  switch (mnl_attr_get_type(attribute)) {
  case IFA_ADDRESS:
    found->address = attribute;
    break;
  case IFA_LOCAL:
    found->local = attribute;
    break;
  case IFA_LABEL:
    found->name = attribute;
    break;
  }
  bool all = found->address != NULL && found->local != NULL && found->name != NULL;
  return all ? MNL_CB_STOP : MNL_CB_OK;
}

static int take_link_attribute(const struct nlattr *attribute, void *data) {
  struct attributes *found = data;
  switch (mnl_attr_get_type(attribute)) {
  case IFLA_ADDRESS:
    found->address = attribute;
    break;
  case IFLA_IFNAME:
    found->name = attribute;
    break;
  }
  return found->address != NULL && found->name != NULL ? MNL_CB_STOP : MNL_CB_OK;
}

// Not mnl_attr_parse(): where a message's length is no multiple of four, that takes the attributes
// to end at the next one, which need not be in the datagram any more.
void osh_parse_attributes(const struct nlmsghdr *message, size_t header_size,
                          osh_attribute_fn *take, void *data) {
  const char *payload = mnl_nlmsg_get_payload(message);
  mnl_attr_parse_payload(payload + header_size, mnl_nlmsg_get_payload_len(message) - header_size,
                         take, data);
}

static void copy_name(char *name, const struct nlattr *attribute) {
  size_t length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
  memcpy(name, mnl_attr_get_payload(attribute), length < IFNAMSIZ ? length : IFNAMSIZ - 1);
}

static int take_address(const struct nlmsghdr *message, struct osh_dump *dump) {
  const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
  struct attributes found = {0};
  osh_parse_attributes(message, sizeof(*header), take_address_attribute, &found);

  // With a peer IFA_ADDRESS is the peer's, and IFA_LOCAL our own (rtnetlink(7)).
  const struct nlattr *own = found.local != NULL ? found.local : found.address;
  size_t size = header->ifa_family == AF_INET ? 4 : 16;
  bool ip = header->ifa_family == AF_INET || header->ifa_family == AF_INET6;
  if (!ip || own == NULL || mnl_attr_get_payload_len(own) != size)
    return 0;

  struct osh_address *address = osh_add_address(dump->snapshot);
  if (address == NULL)
    return -ENOMEM;
  address->family = header->ifa_family;
  address->ifindex = header->ifa_index;
  address->prefix_len =
      header->ifa_prefixlen <= size * 8 ? header->ifa_prefixlen : (uint8_t)(size * 8);
  address->marks = OSH_ADDRESS_PREFIX_KNOWN;
  memcpy(address->bytes, mnl_attr_get_payload(own), size);
  if (found.name != NULL && header->ifa_family == AF_INET)
    copy_name(address->name, found.name);
  if (osh_find_link(dump->snapshot, address->ifindex, &dump->hint) != NULL)
    return 0;
  return osh_mention_link(dump->snapshot, address->ifindex);
}

// A link that an address mentioned is completed in its place. Others are taken from a dump of all
// links alone: a label may name one of them.
static int place_link(struct osh_dump *dump, const struct ifinfomsg *header,
                      struct osh_link **link) {
  uint32_t ifindex = (uint32_t)header->ifi_index;
  *link = osh_find_link(dump->snapshot, ifindex, &dump->hint);
  if (*link == NULL && header->ifi_family == AF_INET6)
    return 0;
  if (*link != NULL)
    memset(*link, 0, sizeof(**link));
  else if ((*link = osh_add_link(dump->snapshot)) == NULL)
    return -ENOMEM;
  (*link)->ifindex = ifindex;
  return 0;
}

static int take_link(const struct nlmsghdr *message, struct osh_dump *dump) {
  const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
  struct attributes found = {0};
  osh_parse_attributes(message, sizeof(*header), take_link_attribute, &found);
  // Bridges announce their ports in RTM_NEWLINK messages of their own family.
  bool whole = header->ifi_family == AF_UNSPEC || header->ifi_family == AF_INET6;
  if (!whole || header->ifi_index <= 0 || found.name == NULL)
    return 0;

  struct osh_link *link;
  int error = place_link(dump, header, &link);
  if (link == NULL)
    return error;
  link->flags = header->ifi_flags;
  link->type = header->ifi_type;
  link->marks = OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR;
  copy_name(link->name, found.name);
  if (found.address != NULL) {
    size_t length = mnl_attr_get_payload_len(found.address);
    link->hwaddr_len = length < sizeof(link->hwaddr) ? (uint8_t)length : sizeof(link->hwaddr);
    memcpy(link->hwaddr, mnl_attr_get_payload(found.address), link->hwaddr_len);
  }
  return 0;
}

static int refusal(const struct nlmsghdr *message) {
  const int *error = mnl_nlmsg_get_payload(message);
  if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
    return -EBADMSG;
  return *error < 0 ? *error : 0;
}

static int take_message(const struct nlmsghdr *message, void *data) {
  size_t length = mnl_nlmsg_get_payload_len(message);
  switch (message->nlmsg_type) {
  case RTM_NEWADDR:
    return length < sizeof(struct ifaddrmsg) ? -EBADMSG : take_address(message, data);
  case RTM_NEWLINK:
    return length < sizeof(struct ifinfomsg) ? -EBADMSG : take_link(message, data);
  default:
    return 0;
  }
}

// Whether the dump goes on: as osh_messages_take() has it.
static int more_after(const struct nlmsghdr *message, const struct osh_messages *messages) {
  if (message->nlmsg_type == NLMSG_ERROR)
    return refusal(message);
  // Carries an error since Linux 4.16, and before that nothing.
  if (message->nlmsg_type == NLMSG_DONE)
    return mnl_nlmsg_get_payload_len(message) == 0 ? 0 : refusal(message);
  int error = messages->take(message, messages->data);
  return error != 0 ? error : 1;
}

// Not mnl_cb_run(), whose lengths are compared as int: one of 2 GiB and more is negative to it, and
// so would fit.
int osh_messages_take(struct osh_messages *messages, const void *datagram, size_t length) {
  int left = (int)length;
  const struct nlmsghdr *message = datagram;
  for (; mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
       message = mnl_nlmsg_next(message, &left)) {
    if (message->nlmsg_seq != messages->seq)
      continue;
    if (message->nlmsg_flags & NLM_F_DUMP_INTR)
      messages->interrupted = true;
    int more = more_after(message, messages);
    if (more <= 0)
      return more;
  }
  return left > 0 ? -EBADMSG : 1;
}

int osh_dump_take(struct osh_dump *dump, const void *datagram, size_t length) {
  struct osh_messages messages = {.seq = dump->seq, .take = take_message, .data = dump};
  int more = osh_messages_take(&messages, datagram, length);
  dump->interrupted |= messages.interrupted;
  return more;
}
