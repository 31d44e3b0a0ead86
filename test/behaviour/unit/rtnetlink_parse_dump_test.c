// osh_parse_datagram() on how a dump continues, ends and fails: truncated at every byte,
// interrupted, refused, mixed with another dump.

#include "dumps.h"

#include <errno.h>

// Parses an address message and then `second`, in one datagram.
static int parse_after_address(struct message *second, size_t *count) {
  struct message first;
  start_address_message(&first, AF_INET, 24);
  add_attribute(&first, IFA_LOCAL, ipv4, sizeof(ipv4));
  char datagram[sizeof(struct message) * 2];
  size_t length = header_of(&first)->nlmsg_len;
  memcpy(datagram, first.bytes, length);
  memcpy(datagram + length, second->bytes, header_of(second)->nlmsg_len);
  return parse_and_count(datagram, length + header_of(second)->nlmsg_len, count);
}

static void assert_ends(uint16_t type, const void *payload, size_t length, int expected) {
  struct message message;
  size_t count;
  start_message(&message, type, payload, length);
  assert_int_equal(parse_after_address(&message, &count), expected);
  assert_int_equal(count, 2); // the address, and its link
}

// A dump whose datagram ends between two messages continues in the next datagram. A datagram that
// ends within a message is malformed.
static void assert_truncated_anywhere(struct dump dump) {
  size_t next = 0; // end of the message that is being truncated
  size_t whole = 0;
  for (size_t length = 0; length < dump.length; length++) {
    bool between = length == next;
    if (between) {
      struct nlmsghdr header;
      memcpy(&header, dump.bytes + next, sizeof(header));
      next += NLMSG_ALIGN(header.nlmsg_len);
      whole += length > 0;
    }
    size_t count;
    int more = parse_and_count(dump.bytes, length, &count);
    if (more != (between ? 1 : -EBADMSG) || count < whole)
      fail_msg("truncated to %zu bytes: %d, %zu parsed", length, more, count);
  }
  assert_true(whole > 1); // control
}

static void test_addresses_truncated(void **state) {
  (void)state;
  assert_truncated_anywhere(address_dump());
}

static void test_links_truncated(void **state) {
  (void)state;
  assert_truncated_anywhere(link_dump());
}

static void test_no_message(void **state) {
  (void)state;
  size_t count;
  assert_int_equal(parse_and_count("", 0, &count), 1);
  for (size_t length = 1; length < NLMSG_HDRLEN; length++) {
    char zeros[NLMSG_HDRLEN] = {0};
    assert_int_equal(parse_and_count(zeros, length, &count), -EBADMSG);
  }
}

static void test_message_lengths(void **state) {
  (void)state;
  static const uint32_t lengths[] = {0, 1, 15, 44, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff};
  for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
    struct message message;
    start_message(&message, NLMSG_NOOP, NULL, 0);
    header_of(&message)->nlmsg_len = lengths[i];
    size_t count;
    assert_int_equal(parse_and_count(message.bytes, 40, &count), -EBADMSG);
  }
}

static void test_short_family_header(void **state) {
  (void)state;
  const char zeros[sizeof(struct ifinfomsg)] = {0};
  struct message message;
  for (size_t length = 0; length < sizeof(struct ifaddrmsg); length++) {
    start_message(&message, RTM_NEWADDR, zeros, length);
    assert_parsed(&message, -EBADMSG, 0);
  }
  for (size_t length = 0; length < sizeof(struct ifinfomsg); length++) {
    start_message(&message, RTM_NEWLINK, zeros, length);
    assert_parsed(&message, -EBADMSG, 0);
  }
}

static void test_other_messages_are_skipped(void **state) {
  (void)state;
  struct message message;
  const uint16_t types[] = {NLMSG_NOOP,  NLMSG_OVERRUN, RTM_DELADDR,
                            RTM_DELLINK, RTM_NEWROUTE,  9999};
  for (size_t i = 0; i < LENGTH_OF(types); i++) {
    start_address_message(&message, AF_INET, 24);
    add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
    header_of(&message)->nlmsg_type = types[i];
    assert_parsed(&message, 1, 0);
  }
}

static void test_other_sequence_is_skipped(void **state) {
  (void)state;
  const int refused = -EPERM;
  struct message message;
  size_t count;
  start_message(&message, NLMSG_ERROR, &refused, sizeof(refused));
  header_of(&message)->nlmsg_seq = SEQ + 1;
  header_of(&message)->nlmsg_flags = NLM_F_DUMP_INTR;
  struct osh_snapshot snapshot = {0};
  bool interrupted;
  assert_int_equal(
      parse_bytes(&snapshot, &interrupted, message.bytes, header_of(&message)->nlmsg_len), 1);
  assert_false(interrupted);
  osh_snapshot_free(&snapshot);
  assert_int_equal(parse_after_address(&message, &count), 1);
  assert_int_equal(count, 2);
}

static void test_interrupted(void **state) {
  (void)state;
  struct message message;
  start_address_message(&message, AF_INET, 24);
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  header_of(&message)->nlmsg_flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
  struct osh_snapshot snapshot = {0};
  bool interrupted;
  assert_int_equal(
      parse_bytes(&snapshot, &interrupted, message.bytes, header_of(&message)->nlmsg_len), 1);
  assert_true(interrupted);
  assert_int_equal(snapshot.address_count, 1);
  osh_snapshot_free(&snapshot);
}

static void test_interrupted_at_the_end(void **state) {
  (void)state;
  const int zero = 0;
  struct message message;
  start_message(&message, NLMSG_DONE, &zero, sizeof(zero));
  header_of(&message)->nlmsg_flags = NLM_F_MULTI | NLM_F_DUMP_INTR;
  struct osh_snapshot snapshot = {0};
  bool interrupted;
  assert_int_equal(
      parse_bytes(&snapshot, &interrupted, message.bytes, header_of(&message)->nlmsg_len), 0);
  assert_true(interrupted);
  osh_snapshot_free(&snapshot);
}

// Two datagrams, each with an address of a link.
static bool is_interrupted(uint8_t family, uint32_t first_link, uint32_t second_link,
                           uint8_t last) {
  struct osh_snapshot snapshot = {0};
  bool interrupted = false;
  for (int i = 0; i < 2; i++) {
    struct message message;
    const uint8_t bytes[16] = {0xfd, [15] = i == 0 ? 1 : last};
    const struct ifaddrmsg header = {
        .ifa_family = family, .ifa_prefixlen = 24, .ifa_index = i == 0 ? first_link : second_link};
    start_message(&message, RTM_NEWADDR, &header, sizeof(header));
    add_attribute(&message, IFA_ADDRESS, bytes, family == AF_INET ? 4 : 16);
    assert_int_equal(
        parse_bytes(&snapshot, &interrupted, message.bytes, header_of(&message)->nlmsg_len), 1);
  }
  osh_snapshot_free(&snapshot);
  return interrupted;
}

// IPv4 addresses may be on a link twice, with other prefix lengths.
static void test_repeated_address(void **state) {
  (void)state;
  assert_true(is_interrupted(AF_INET6, 7, 7, 1));
  assert_false(is_interrupted(AF_INET6, 7, 7, 2));
  assert_false(is_interrupted(AF_INET6, 7, 8, 1));
  assert_false(is_interrupted(AF_INET, 7, 7, 1));
}

static void test_done(void **state) {
  (void)state;
  const int values[] = {0, 1, -ENOBUFS};
  assert_ends(NLMSG_DONE, NULL, 0, 0);
  assert_ends(NLMSG_DONE, &values[0], sizeof(int), 0);
  assert_ends(NLMSG_DONE, &values[1], sizeof(int), 0);
  assert_ends(NLMSG_DONE, &values[2], sizeof(int), -ENOBUFS);
}

static void test_nothing_is_parsed_after_done(void **state) {
  (void)state;
  char datagram[256];
  struct message message;
  start_message(&message, NLMSG_DONE, NULL, 0);
  memcpy(datagram, message.bytes, NLMSG_HDRLEN);
  start_address_message(&message, AF_INET, 24);
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  memcpy(datagram + NLMSG_HDRLEN, message.bytes, header_of(&message)->nlmsg_len);
  size_t count;
  assert_int_equal(parse_and_count(datagram, NLMSG_HDRLEN + header_of(&message)->nlmsg_len, &count),
                   0);
  assert_int_equal(count, 0);
}

static void test_error(void **state) {
  (void)state;
  const struct nlmsgerr refused = {.error = -EACCES};
  const struct nlmsgerr acknowledged = {.error = 0};
  assert_ends(NLMSG_ERROR, &refused, sizeof(refused), -EACCES);
  assert_ends(NLMSG_ERROR, &refused, sizeof(int), -EACCES);
  assert_ends(NLMSG_ERROR, &acknowledged, sizeof(acknowledged), 0);
}

static void test_short_error(void **state) {
  (void)state;
  const int refused = -EACCES;
  for (size_t length = 0; length < sizeof(refused); length++)
    assert_ends(NLMSG_ERROR, &refused, length, -EBADMSG);
  for (size_t length = 1; length < sizeof(refused); length++)
    assert_ends(NLMSG_DONE, &refused, length, -EBADMSG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_addresses_truncated),
    cmocka_unit_test(test_links_truncated),
    cmocka_unit_test(test_no_message),
    cmocka_unit_test(test_message_lengths),
    cmocka_unit_test(test_short_family_header),
    cmocka_unit_test(test_other_messages_are_skipped),
    cmocka_unit_test(test_other_sequence_is_skipped),
    cmocka_unit_test(test_interrupted),
    cmocka_unit_test(test_interrupted_at_the_end),
    cmocka_unit_test(test_repeated_address),
    cmocka_unit_test(test_done),
    cmocka_unit_test(test_nothing_is_parsed_after_done),
    cmocka_unit_test(test_error),
    cmocka_unit_test(test_short_error),
};

RUN_TESTS(tests)
