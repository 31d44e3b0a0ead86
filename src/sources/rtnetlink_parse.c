// Parses rtnetlink dumps; see rtnetlink_parse.h. Knows nothing of sockets.

#include "rtnetlink_parse.h"
#include "../core/links.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

// linux/if_link.h has them since Linux 5.5.
enum {
  ATTRIBUTE_PROP_LIST = 52,  // IFLA_PROP_LIST
  ATTRIBUTE_ALT_IFNAME = 53, // IFLA_ALT_IFNAME
};

// The attributes of an RTM_NEWADDR message.
struct address_attributes {
  bool details; // whether all are wanted; else the first three
  const struct nlattr *address;
  const struct nlattr *local;
  const struct nlattr *label;
  const struct nlattr *broadcast;
  const struct nlattr *flags;
};

// The attributes of an RTM_NEWLINK message.
struct link_attributes {
  bool details; // whether all are wanted; else the first two
  const struct nlattr *address;
  const struct nlattr *name;
  const struct nlattr *broadcast;
  const struct nlattr *mtu;
  const struct nlattr *operstate;
  const struct nlattr *stats;
  const struct nlattr *info;
  const struct nlattr *properties;
};

static int find_address_attribute(const struct nlattr *attribute, void *data) {
  struct address_attributes *found = data;
  switch (mnl_attr_get_type(attribute)) {
  case IFA_ADDRESS:
    found->address = attribute;
    break;
  case IFA_LOCAL:
    found->local = attribute;
    break;
  case IFA_LABEL:
    found->label = attribute;
    break;
  case IFA_BROADCAST:
    found->broadcast = attribute;
    break;
  case IFA_FLAGS:
    found->flags = attribute;
    break;
  }
  bool enough =
      !found->details && found->address != NULL && found->local != NULL && found->label != NULL;
  return enough ? MNL_CB_STOP : MNL_CB_OK;
}

static int find_link_attribute(const struct nlattr *attribute, void *data) {
  struct link_attributes *found = data;
  switch (mnl_attr_get_type(attribute)) {
  case IFLA_ADDRESS:
    found->address = attribute;
    break;
  case IFLA_IFNAME:
    found->name = attribute;
    break;
  case IFLA_BROADCAST:
    found->broadcast = attribute;
    break;
  case IFLA_MTU:
    found->mtu = attribute;
    break;
  case IFLA_OPERSTATE:
    found->operstate = attribute;
    break;
  case IFLA_STATS:
    found->stats = attribute;
    break;
  case IFLA_LINKINFO:
    found->info = attribute;
    break;
  case ATTRIBUTE_PROP_LIST:
    found->properties = attribute;
    break;
  }
  bool enough = !found->details && found->address != NULL && found->name != NULL;
  return enough ? MNL_CB_STOP : MNL_CB_OK;
}

// Not mnl_attr_parse(): if a message's length is not a multiple of four, that assumes that its
// attributes end at the next one, which may lie beyond the datagram.
static void parse_attributes(const struct nlmsghdr *message, size_t header_size, mnl_attr_cb_t find,
                             void *found) {
  const char *payload = mnl_nlmsg_get_payload(message);
  mnl_attr_parse_payload(payload + header_size, mnl_nlmsg_get_payload_len(message) - header_size,
                         find, found);
}

static bool has_size(const struct nlattr *attribute, size_t size) {
  return attribute != NULL && mnl_attr_get_payload_len(attribute) == size;
}

// Copies what fits of an attribute, and returns how many bytes that is.
static size_t copy_payload(void *to, size_t size, const struct nlattr *attribute) {
  size_t length = mnl_attr_get_payload_len(attribute);
  if (length > size)
    length = size;
  memcpy(to, mnl_attr_get_payload(attribute), length);
  return length;
}

// Copies a string attribute, which may lack its terminator, into zeroed memory.
static void copy_string(char *to, size_t size, const struct nlattr *attribute) {
  size_t length = strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
  memcpy(to, mnl_attr_get_payload(attribute), length < size ? length : size - 1);
}

// IFA_ADDRESS beside IFA_LOCAL is the peer's address, or for IPv4 without a peer our own
// (rtnetlink(7), inet_fill_ifaddr()). IFA_FLAGS has the flags that ifa_flags is too small for.
static void parse_address_details(struct osh_address_details *details,
                                  const struct ifaddrmsg *header, size_t size,
                                  const struct address_attributes *found) {
  details->facts = OSH_ADDRESS_SCOPE | OSH_ADDRESS_FLAGS | OSH_ADDRESS_PEER | OSH_ADDRESS_BROADCAST;
  details->scope = header->ifa_scope;
  details->flags =
      has_size(found->flags, sizeof(uint32_t)) ? mnl_attr_get_u32(found->flags) : header->ifa_flags;
  if (has_size(found->broadcast, sizeof(details->broadcast)))
    memcpy(details->broadcast, mnl_attr_get_payload(found->broadcast), sizeof(details->broadcast));
  if (found->local != NULL && has_size(found->address, size))
    memcpy(details->peer, mnl_attr_get_payload(found->address), size);
}

static int parse_address(const struct nlmsghdr *message, struct osh_dump *dump) {
  const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
  struct address_attributes found = {.details = dump->snapshot->request.details};
  parse_attributes(message, sizeof(*header), find_address_attribute, &found);

  const struct nlattr *own = found.local != NULL ? found.local : found.address;
  size_t size = header->ifa_family == AF_INET ? 4 : 16;
  bool ip = header->ifa_family == AF_INET || header->ifa_family == AF_INET6;
  if (!ip || !has_size(own, size))
    return 0;

  struct osh_address *address = osh_add_address(dump->snapshot);
  if (address == NULL)
    return -ENOMEM;
  address->family = header->ifa_family;
  address->ifindex = header->ifa_index;
  address->prefix_len =
      header->ifa_prefixlen <= size * 8 ? header->ifa_prefixlen : (uint8_t)(size * 8);
  address->facts = OSH_ADDRESS_PREFIX_KNOWN;
  if (header->ifa_flags & (IFA_F_TENTATIVE | IFA_F_NODAD))
    address->facts |= OSH_ADDRESS_UNCHECKED;
  memcpy(address->bytes, mnl_attr_get_payload(own), size);
  if (found.label != NULL && header->ifa_family == AF_INET)
    copy_string(address->label, sizeof(address->label), found.label);
  if (found.details)
    parse_address_details(osh_address_details(dump->snapshot, address), header, size, &found);
  if (osh_find_link(dump->snapshot, address->ifindex, &dump->hint) != NULL)
    return 0;
  return osh_ensure_link(dump->snapshot, address->ifindex);
}

struct nested_names {
  struct osh_snapshot *snapshot;
  uint32_t ifindex;
  int error;
};

static int add_alternative_name(const struct nlattr *attribute, void *data) {
  struct nested_names *names = data;
  if (mnl_attr_get_type(attribute) != ATTRIBUTE_ALT_IFNAME)
    return MNL_CB_OK;
  names->error =
      osh_add_alternative_name(names->snapshot, names->ifindex, mnl_attr_get_payload(attribute),
                               mnl_attr_get_payload_len(attribute));
  return names->error == 0 ? MNL_CB_OK : MNL_CB_STOP;
}

static int copy_kind(const struct nlattr *attribute, void *data) {
  struct osh_link_details *details = data;
  if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
    copy_string(details->kind, sizeof(details->kind), attribute);
  return MNL_CB_OK;
}

// IFLA_STATS grows with the kernel: a shorter one leaves zeros, of a longer one the end is ignored.
static int parse_link_details(struct osh_snapshot *snapshot, const struct osh_link *link,
                              const struct link_attributes *found) {
  struct osh_link_details *details = osh_link_details(snapshot, link);

  *details = (struct osh_link_details){.facts = OSH_LINK_KIND | OSH_LINK_BROADCAST};
  if (found->broadcast != NULL)
    details->broadcast_len =
        (uint8_t)copy_payload(details->broadcast, sizeof(details->broadcast), found->broadcast);
  if (has_size(found->mtu, sizeof(details->mtu))) {
    details->mtu = mnl_attr_get_u32(found->mtu);
    details->facts |= OSH_LINK_MTU;
  }
  if (has_size(found->operstate, sizeof(details->operstate))) {
    details->operstate = mnl_attr_get_u8(found->operstate);
    details->facts |= OSH_LINK_OPERSTATE;
  }
  if (found->stats != NULL) {
    (void)copy_payload(&details->stats, sizeof(details->stats), found->stats);
    details->facts |= OSH_LINK_STATS;
  }
  if (found->info != NULL)
    (void)mnl_attr_parse_nested(found->info, copy_kind, details);
  struct nested_names names = {.snapshot = snapshot, .ifindex = link->ifindex};
  if (found->properties != NULL)
    (void)mnl_attr_parse_nested(found->properties, add_alternative_name, &names);
  return names.error;
}

// Sets `*link` to the element for a link: the one that an address made, else a new one. NULL if an
// AF_INET6 dump lists a link that no address is on.
static int place_link(struct osh_dump *dump, const struct ifinfomsg *header,
                      struct osh_link **link) {
  uint32_t ifindex = (uint32_t)header->ifi_index;
  *link = osh_find_link(dump->snapshot, ifindex, &dump->hint);
  if (*link == NULL && header->ifi_family == AF_INET6)
    return 0;
  if (*link != NULL)
    **link = (struct osh_link){.details = (*link)->details};
  else if ((*link = osh_add_link(dump->snapshot)) == NULL)
    return -ENOMEM;
  (*link)->ifindex = ifindex;
  return 0;
}

static int parse_link(const struct nlmsghdr *message, struct osh_dump *dump) {
  const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
  struct link_attributes found = {.details = dump->snapshot->request.details};
  parse_attributes(message, sizeof(*header), find_link_attribute, &found);
  // Bridges announce their ports in RTM_NEWLINK messages of their own family.
  bool whole = header->ifi_family == AF_UNSPEC || header->ifi_family == AF_INET6;
  if (!whole || header->ifi_index <= 0 || found.name == NULL)
    return 0;

  struct osh_link *link;
  int error = place_link(dump, header, &link);
  if (link == NULL)
    return error;
  link->order = ++dump->link_count;
  link->flags = header->ifi_flags;
  link->type = header->ifi_type;
  link->facts = OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR;
  copy_string(link->name, sizeof(link->name), found.name);
  if (found.address != NULL)
    link->hwaddr_len = (uint8_t)copy_payload(link->hwaddr, sizeof(link->hwaddr), found.address);
  return found.details ? parse_link_details(dump->snapshot, link, &found) : 0;
}

// Returns the errno that a message carries, 0 if none.
static int get_error(const struct nlmsghdr *message) {
  const int *error = mnl_nlmsg_get_payload(message);
  if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
    return -EBADMSG;
  return *error < 0 ? *error : 0;
}

// Returns 1 if more is to come, 0 at the end, or a negative errno.
static int parse_message(const struct nlmsghdr *message, struct osh_dump *dump) {
  size_t length = mnl_nlmsg_get_payload_len(message);
  int error = 0;
  switch (message->nlmsg_type) {
  case NLMSG_ERROR:
    return get_error(message);
  case NLMSG_DONE: // carries an errno since Linux 4.16, and nothing before
    return length == 0 ? 0 : get_error(message);
  case RTM_NEWADDR:
    error = length < sizeof(struct ifaddrmsg) ? -EBADMSG : parse_address(message, dump);
    break;
  case RTM_NEWLINK:
    error = length < sizeof(struct ifinfomsg) ? -EBADMSG : parse_link(message, dump);
    break;
  }
  return error != 0 ? error : 1;
}

// Not mnl_cb_run(), which compares lengths as int: one of 2 GiB and more would seem to fit.
static int parse_messages(struct osh_dump *dump, const void *datagram, size_t length) {
  int left = (int)length;
  const struct nlmsghdr *message = datagram;
  for (; mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (uint32_t)left;
       message = mnl_nlmsg_next(message, &left)) {
    if (message->nlmsg_seq != dump->seq)
      continue;
    if (message->nlmsg_flags & NLM_F_DUMP_INTR)
      dump->interrupted = true;
    int more = parse_message(message, dump);
    if (more <= 0)
      return more;
  }
  return left > 0 ? -EBADMSG : 1;
}

// Whether an earlier address is the same. A link has an IPv6 address once (ipv6_add_addr()).
static bool is_repeated(const struct osh_snapshot *snapshot, size_t place) {
  const struct osh_address *address = &snapshot->addresses[place];
  bool found = false;
  for (size_t i = place; i-- > 0 && !found && address->family == AF_INET6 &&
                         snapshot->addresses[i].ifindex == address->ifindex;)
    found = memcmp(snapshot->addresses[i].bytes, address->bytes, sizeof(address->bytes)) == 0;
  return found;
}

// The kernel goes on after so many addresses of a link. inet6_addr_add() puts an address with
// IFA_F_NODAD in front of them, and counts it as a change only later, from a work queue
// (addrconf_dad_work()). A dump in between repeats an address without NLM_F_DUMP_INTR.
int osh_parse_datagram(struct osh_dump *dump, const void *datagram, size_t length) {
  const size_t first = dump->snapshot->address_count;
  int more = parse_messages(dump, datagram, length);
  if (first < dump->snapshot->address_count && is_repeated(dump->snapshot, first))
    dump->interrupted = true;
  return more;
}
