// Netlink messages for the unit tests: built by hand, and parsed from bytes that end where the
// datagram ends.
#pragma once

#include "unit.h"

#include "core/links.h"
#include "sources/rtnetlink_parse.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

// The sequence number of the captures, and of the messages built here.
#define SEQ 1

// Parses an exact copy of the bytes. The caller frees the snapshot.
static inline int parse_bytes(struct osh_snapshot *snapshot, bool *interrupted, const void *bytes,
                              size_t length) {
  struct osh_dump dump = {.snapshot = snapshot, .seq = SEQ};
  void *copy = exact_copy(bytes, length);
  int more = osh_parse_datagram(&dump, copy, length);
  free(copy);
  *interrupted = dump.interrupted;
  return more;
}

// Sets `*count` to the number of links and addresses.
static inline int parse_and_count(const void *bytes, size_t length, size_t *count) {
  struct osh_snapshot snapshot = {0};
  bool interrupted;
  int more = parse_bytes(&snapshot, &interrupted, bytes, length);
  *count = snapshot.address_count + snapshot.link_count;
  osh_snapshot_free(&snapshot);
  return more;
}

// A message being built, and the buffer for it.
struct message {
  _Alignas(struct nlmsghdr) char bytes[1024];
};

static inline struct nlmsghdr *header_of(struct message *message) {
  return (struct nlmsghdr *)(void *)message->bytes;
}

static inline void start_message(struct message *message, uint16_t type, const void *payload,
                                 size_t length) {
  memset(message, 0, sizeof(*message));
  header_of(message)->nlmsg_type = type;
  header_of(message)->nlmsg_seq = SEQ;
  header_of(message)->nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
  if (length > 0)
    memcpy(NLMSG_DATA(message->bytes), payload, length);
}

static inline struct rtattr *add_attribute(struct message *message, uint16_t type, const void *data,
                                           size_t length) {
  struct nlmsghdr *header = header_of(message);
  size_t at = NLMSG_ALIGN(header->nlmsg_len);
  assert_true(at + RTA_SPACE(length) <= sizeof(message->bytes));
  struct rtattr *attribute = (struct rtattr *)(void *)(message->bytes + at);
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(length);
  if (length > 0)
    memcpy(RTA_DATA(attribute), data, length);
  header->nlmsg_len = (uint32_t)(at + RTA_SPACE(length));
  return attribute;
}

// Returns an attribute for end_nested(); those added meanwhile are nested in it.
static inline struct rtattr *start_nested(struct message *message, uint16_t type) {
  return add_attribute(message, type, NULL, 0);
}

static inline void end_nested(struct message *message, struct rtattr *nested) {
  const char *end = message->bytes + header_of(message)->nlmsg_len;
  nested->rta_len = (uint16_t)(end - (const char *)nested);
}

static const uint8_t ipv4[4] = {10, 1, 2, 3};
static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

static inline void start_address_message(struct message *message, uint8_t family,
                                         uint8_t prefix_len) {
  const struct ifaddrmsg header = {
      .ifa_family = family, .ifa_prefixlen = prefix_len, .ifa_index = 7};
  start_message(message, RTM_NEWADDR, &header, sizeof(header));
}

static inline void start_link_message(struct message *message, int32_t ifindex) {
  const struct ifinfomsg header = {.ifi_index = ifindex, .ifi_flags = IFF_UP};
  start_message(message, RTM_NEWLINK, &header, sizeof(header));
}

static inline int parse_message(struct message *message, struct osh_snapshot *snapshot) {
  bool interrupted;
  return parse_bytes(snapshot, &interrupted, message->bytes, header_of(message)->nlmsg_len);
}

static inline void assert_parsed(struct message *message, int more, size_t count) {
  size_t parsed;
  assert_int_equal(parse_and_count(message->bytes, header_of(message)->nlmsg_len, &parsed), more);
  assert_int_equal(parsed, count);
}
