// Netlink messages for the unit tests: put together by hand, and taken from bytes that end where
// the datagram ends.
#pragma once

#include "unit.h"

#include "netlink.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>

#define SIZE_OF(capture) ((size_t)(capture##_end - (capture)))
// The sequence number that the captures bear, and the messages made here.
#define SEQ 1

// Takes an exact copy of the bytes, and leaves the snapshot to the caller.
static inline int take(struct osh_snapshot *snapshot, bool *interrupted, const void *bytes,
                       size_t length) {
  memset(snapshot, 0, sizeof(*snapshot));
  struct osh_dump dump = {.snapshot = snapshot, .seq = SEQ};
  void *copy = exact_copy(bytes, length);
  int more = osh_dump_take(&dump, copy, length);
  free(copy);
  *interrupted = dump.interrupted;
  return more;
}

// The same for who only wants to know what is returned, and how much was taken.
static inline int take_count(const void *bytes, size_t length, size_t *count) {
  struct osh_snapshot snapshot;
  bool interrupted;
  int more = take(&snapshot, &interrupted, bytes, length);
  *count = snapshot.address_count + snapshot.link_count;
  osh_snapshot_free(&snapshot);
  return more;
}

// A message being put together, and room for a second one.
struct message {
  _Alignas(struct nlmsghdr) char bytes[512];
};

static inline struct nlmsghdr *header_of(struct message *message) {
  return (struct nlmsghdr *)(void *)message->bytes;
}

static inline void start(struct message *message, uint16_t type, const void *payload,
                         size_t length) {
  memset(message, 0, sizeof(*message));
  header_of(message)->nlmsg_type = type;
  header_of(message)->nlmsg_seq = SEQ;
  header_of(message)->nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
  if (length > 0)
    memcpy(NLMSG_DATA(message->bytes), payload, length);
}

static inline struct rtattr *add(struct message *message, uint16_t type, const void *data,
                                 size_t length) {
  struct nlmsghdr *header = header_of(message);
  size_t at = NLMSG_ALIGN(header->nlmsg_len);
  struct rtattr *attribute = (struct rtattr *)(void *)(message->bytes + at);
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(length);
  memcpy(RTA_DATA(attribute), data, length);
  header->nlmsg_len = (uint32_t)(at + RTA_SPACE(length));
  return attribute;
}

static const uint8_t ipv4[4] = {10, 1, 2, 3};
static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

static inline void start_address(struct message *message, uint8_t family, uint8_t prefix_len) {
  const struct ifaddrmsg header = {
      .ifa_family = family, .ifa_prefixlen = prefix_len, .ifa_index = 7};
  start(message, RTM_NEWADDR, &header, sizeof(header));
}

static inline void start_link(struct message *message, int32_t ifindex) {
  const struct ifinfomsg header = {.ifi_index = ifindex, .ifi_flags = IFF_UP};
  start(message, RTM_NEWLINK, &header, sizeof(header));
}

static inline int take_message(struct message *message, struct osh_snapshot *snapshot) {
  bool interrupted;
  return take(snapshot, &interrupted, message->bytes, header_of(message)->nlmsg_len);
}

static inline void assert_taken(struct message *message, int more, size_t count) {
  size_t taken;
  assert_int_equal(take_count(message->bytes, header_of(message)->nlmsg_len, &taken), more);
  assert_int_equal(taken, count);
}
