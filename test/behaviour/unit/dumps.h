// The dumps in captures/, which a little-endian kernel sent, in the byte order of this processor.
#pragma once

#include "message.h"

#include <endian.h>
#include <linux/if_link.h>

// linux/if_link.h has them since Linux 5.5.
#define PROP_LIST 52  // IFLA_PROP_LIST
#define ALT_IFNAME 53 // IFLA_ALT_IFNAME

CAPTURE(captured_links, "links.bin");
CAPTURE(captured_addresses, "addresses.bin");

#define SIZE_OF(capture) ((size_t)(capture##_end - (capture)))

struct dump {
  const char *bytes;
  size_t length;
};

static inline void convert_numbers(void *payload, size_t length) {
  uint32_t *numbers = payload;
  for (size_t i = 0; i < length / sizeof(*numbers); i++)
    numbers[i] = le32toh(numbers[i]);
}

// Converts the headers of attributes and the numbers that the core reads. Other payloads, such as
// those of IFLA_INFO_DATA, stay as they are. `message`: the type of the message that the attributes
// are in; 0 for those nested in another one, which are strings.
static inline void convert_attributes(char *bytes, size_t length, uint16_t message) {
  for (size_t at = 0; at + sizeof(struct rtattr) <= length;) {
    struct rtattr *attribute = (struct rtattr *)(void *)(bytes + at);
    attribute->rta_len = le16toh(attribute->rta_len);
    attribute->rta_type = le16toh(attribute->rta_type);
    assert_in_range(attribute->rta_len, sizeof(*attribute), length - at);
    const uint16_t type = attribute->rta_type & NLA_TYPE_MASK;
    const bool of_link = message == RTM_NEWLINK;
    if ((of_link && (type == IFLA_MTU || type == IFLA_STATS)) ||
        (message == RTM_NEWADDR && type == IFA_FLAGS))
      convert_numbers(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
    else if (of_link && (type == IFLA_LINKINFO || type == PROP_LIST))
      convert_attributes(RTA_DATA(attribute), RTA_PAYLOAD(attribute), 0);
    at += RTA_ALIGN(attribute->rta_len);
  }
}

static inline void convert_message(struct nlmsghdr *message) {
  message->nlmsg_len = le32toh(message->nlmsg_len);
  message->nlmsg_type = le16toh(message->nlmsg_type);
  message->nlmsg_flags = le16toh(message->nlmsg_flags);
  message->nlmsg_seq = le32toh(message->nlmsg_seq);
  message->nlmsg_pid = le32toh(message->nlmsg_pid);
  char *const payload = NLMSG_DATA(message);
  const size_t length = message->nlmsg_len - NLMSG_HDRLEN;
  if (message->nlmsg_type == RTM_NEWLINK) {
    struct ifinfomsg *header = (void *)payload;
    header->ifi_type = le16toh(header->ifi_type);
    convert_numbers(&header->ifi_index, sizeof(*header) - offsetof(struct ifinfomsg, ifi_index));
    convert_attributes(payload + sizeof(*header), length - sizeof(*header), RTM_NEWLINK);
  } else if (message->nlmsg_type == RTM_NEWADDR) {
    struct ifaddrmsg *header = (void *)payload;
    header->ifa_index = le32toh(header->ifa_index);
    convert_attributes(payload + sizeof(*header), length - sizeof(*header), RTM_NEWADDR);
  } else {
    assert_int_equal(message->nlmsg_type, NLMSG_DONE);
    convert_numbers(payload, length);
  }
}

static inline struct dump convert_dump(const char *capture, size_t length) {
  char *bytes = exact_copy(capture, length);
  for (size_t at = 0; at < length;) {
    struct nlmsghdr *message = (struct nlmsghdr *)(void *)(bytes + at);
    convert_message(message);
    at += NLMSG_ALIGN(message->nlmsg_len);
  }
  return (struct dump){bytes, length};
}

static inline struct dump link_dump(void) {
  static struct dump dump;
  if (dump.bytes == NULL)
    dump = convert_dump(captured_links, SIZE_OF(captured_links));
  return dump;
}

static inline struct dump address_dump(void) {
  static struct dump dump;
  if (dump.bytes == NULL)
    dump = convert_dump(captured_addresses, SIZE_OF(captured_addresses));
  return dump;
}

// Parses a whole dump. The caller frees the snapshot.
static inline void parse_dump(struct osh_snapshot *snapshot, struct dump dump) {
  bool interrupted;
  assert_int_equal(parse_bytes(snapshot, &interrupted, dump.bytes, dump.length), 0);
  assert_false(interrupted);
}
