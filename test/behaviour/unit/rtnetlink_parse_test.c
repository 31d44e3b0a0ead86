// osh_parse_datagram() on links and addresses: a real kernel's dumps, and messages that no kernel
// sends. rtnetlink_parse_dump_test.c covers how a dump ends, rtnetlink_parse_details_test.c
// details.

#include "dumps.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>

static const struct osh_address *find_address(const struct osh_snapshot *snapshot, int family,
                                              const char *text) {
  uint8_t bytes[16] = {0};
  assert_int_equal(inet_pton(family, text, bytes), 1);
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family == family && memcmp(address->bytes, bytes, sizeof(bytes)) == 0)
      return address;
  }
  fail_msg("no address %s", text);
  return NULL;
}

static void test_addresses_capture(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *label;
    uint32_t ifindex;
    uint8_t prefix_len;
  } expected[] = {
      {"127.0.0.1", "lo", 1, 8},
      {"10.1.0.1", "d0", 3, 24},
      {"10.1.0.2", "d0:1", 3, 24}, // secondary
      {"10.2.0.1", "d0:longest-lab", 3, 16},
      {"10.3.0.1", "d0", 3, 30}, // own, not the peer's 10.3.0.2
      {"10.4.0.1", "t0", 4, 31},
      {"10.5.0.1", "name-of-15-char", 6, 32},
      {"::1", "", 1, 128},
      {"2001:db8::1", "", 3, 64},
      {"2001:db8:5::1", "", 3, 128}, // own, not the peer's 2001:db8:5::2
      {"fd00::1", "", 3, 48},
      {"fe80::ff:fe00:1", "", 3, 64},
      {"fe80::ff:fe00:2", "", 2, 64},
  };
  struct osh_snapshot snapshot = {0};
  parse_dump(&snapshot, address_dump());
  assert_int_equal(snapshot.address_count, LENGTH_OF(expected));
  for (size_t i = 0; i < LENGTH_OF(expected); i++) {
    int family = strchr(expected[i].text, ':') == NULL ? AF_INET : AF_INET6;
    const struct osh_address *address = find_address(&snapshot, family, expected[i].text);
    assert_string_equal(address->label, expected[i].label);
    assert_int_equal(address->ifindex, expected[i].ifindex);
    assert_int_equal(address->prefix_len, expected[i].prefix_len);
    assert_true(address->facts & OSH_ADDRESS_PREFIX_KNOWN);
  }
  assert_int_equal(find_address(&snapshot, AF_INET6, "::1")->facts, OSH_ADDRESS_PREFIX_KNOWN);
  assert_int_equal(find_address(&snapshot, AF_INET6, "2001:db8::1")->facts,
                   OSH_ADDRESS_PREFIX_KNOWN | OSH_ADDRESS_UNCHECKED); // nodad
  osh_snapshot_free(&snapshot);
}

static void test_links_capture(void **state) {
  (void)state;
  static const struct osh_link expected[] = {
      {.ifindex = 1, .name = "lo", .type = ARPHRD_LOOPBACK, .hwaddr_len = 6},
      {.ifindex = 2, .name = "p0", .type = ARPHRD_ETHER, .hwaddr_len = 6, .hwaddr = {2, [5] = 2}},
      {.ifindex = 3, .name = "d0", .type = ARPHRD_ETHER, .hwaddr_len = 6, .hwaddr = {2, [5] = 1}},
      {.ifindex = 4, .name = "t0", .type = ARPHRD_NONE},
      {.ifindex = 5, .name = "p1", .type = ARPHRD_ETHER, .hwaddr_len = 6, .hwaddr = {2, [5] = 4}},
      {.ifindex = 6,
       .name = "name-of-15-char",
       .type = ARPHRD_ETHER,
       .hwaddr_len = 6,
       .hwaddr = {2, [5] = 3}},
  };
  struct osh_snapshot snapshot = {0};
  parse_dump(&snapshot, link_dump());
  assert_int_equal(snapshot.link_count, LENGTH_OF(expected));
  osh_sort_links(&snapshot);
  for (size_t i = 0; i < LENGTH_OF(expected); i++) {
    const struct osh_link *link = &snapshot.links[i];
    assert_int_equal(link->ifindex, expected[i].ifindex);
    assert_string_equal(link->name, expected[i].name);
    assert_int_equal(link->type, expected[i].type);
    assert_int_equal(link->hwaddr_len, expected[i].hwaddr_len);
    assert_memory_equal(link->hwaddr, expected[i].hwaddr, sizeof(link->hwaddr));
    assert_int_equal(link->facts, OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR);
    assert_int_equal(!(link->flags & IFF_UP), link->ifindex >= 5);
    assert_int_equal(!(link->flags & IFF_LOOPBACK), link->ifindex != 1);
  }
  osh_snapshot_free(&snapshot);
}

static void test_any_byte(void **state) {
  (void)state;
  static const char bytes[] = {0, 1, 3, 4, 5, 0x7f, (char)0x80, (char)0xff};
  const struct dump dump = address_dump();
  char *copy = exact_copy(dump.bytes, dump.length);
  for (size_t i = 0; i < dump.length; i++) {
    for (size_t j = 0; j < LENGTH_OF(bytes); j++) {
      size_t count;
      copy[i] = bytes[j];
      assert_true(parse_and_count(copy, dump.length, &count) <= 1);
      assert_in_range(count, 0, 100);
    }
    copy[i] = dump.bytes[i];
  }
  free(copy);
}

static void test_attribute_lengths(void **state) {
  (void)state;
  static const uint16_t lengths[] = {0, 1, 3, 4, 5, 7, 9, 12, 0x7fff, 0x8000, 0xffff};
  for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
    struct message message;
    start_address_message(&message, AF_INET, 24);
    add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4))->rta_len = lengths[i];
    assert_parsed(&message, 1, 0);
    start_link_message(&message, 7);
    add_attribute(&message, IFLA_IFNAME, "eth0", 4)->rta_len = lengths[i] < 4 ? lengths[i] : 0xffff;
    assert_parsed(&message, 1, 0);
  }
}

static void test_attribute_beyond_message(void **state) {
  (void)state;
  // The last attribute extends beyond a message whose length is no multiple of four.
  for (uint32_t less = 1; less <= 3; less++) {
    struct message message;
    start_address_message(&message, AF_INET, 24);
    add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
    header_of(&message)->nlmsg_len -= less;
    assert_parsed(&message, 1, 0);
  }
}

static void test_address_of_wrong_size(void **state) {
  (void)state;
  static const struct {
    uint8_t family;
    size_t size;
  } wrong[] = {{AF_INET, 0},   {AF_INET, 3},   {AF_INET, 5},   {AF_INET, 16},  {AF_INET6, 4},
               {AF_INET6, 15}, {AF_INET6, 17}, {AF_UNSPEC, 4}, {AF_BRIDGE, 4}, {255, 16}};
  const uint8_t bytes[32] = {10};
  for (size_t i = 0; i < LENGTH_OF(wrong); i++) {
    struct message message;
    start_address_message(&message, wrong[i].family, 24);
    add_attribute(&message, IFA_LOCAL, bytes, wrong[i].size);
    assert_parsed(&message, 1, 0);
  }
}

static void test_address_without_address(void **state) {
  (void)state;
  struct message message;
  start_address_message(&message, AF_INET, 24);
  assert_parsed(&message, 1, 0);
  add_attribute(&message, IFA_LABEL, "eth0", 5);
  assert_parsed(&message, 1, 0);
}

static void test_local_before_address(void **state) {
  (void)state;
  const uint8_t peer[4] = {10, 9, 9, 9};
  for (int order = 0; order < 2; order++) {
    struct message message;
    start_address_message(&message, AF_INET, 24);
    add_attribute(&message, order == 0 ? IFA_ADDRESS : IFA_LOCAL, order == 0 ? peer : ipv4, 4);
    add_attribute(&message, order == 0 ? IFA_LOCAL : IFA_ADDRESS, order == 0 ? ipv4 : peer, 4);
    struct osh_snapshot snapshot = {0};
    assert_int_equal(parse_message(&message, &snapshot), 1);
    assert_int_equal(snapshot.address_count, 1);
    assert_memory_equal(snapshot.addresses[0].bytes, ipv4, 4);
    osh_snapshot_free(&snapshot);
  }
}

static void assert_prefix(uint8_t family, uint8_t received, uint8_t expected) {
  struct message message;
  start_address_message(&message, family, received);
  add_attribute(&message, IFA_ADDRESS, family == AF_INET ? ipv4 : ipv6, family == AF_INET ? 4 : 16);
  struct osh_snapshot snapshot = {0};
  assert_int_equal(parse_message(&message, &snapshot), 1);
  assert_int_equal(snapshot.address_count, 1);
  assert_int_equal(snapshot.addresses[0].prefix_len, expected);
  osh_snapshot_free(&snapshot);
}

static void test_prefix_too_long(void **state) {
  (void)state;
  assert_prefix(AF_INET, 0, 0);
  assert_prefix(AF_INET, 32, 32);
  assert_prefix(AF_INET, 33, 32);
  assert_prefix(AF_INET, 255, 32);
  assert_prefix(AF_INET6, 128, 128);
  assert_prefix(AF_INET6, 129, 128);
}

static void assert_label(const char *received, size_t length, const char *expected) {
  struct message message;
  start_address_message(&message, AF_INET, 24);
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  add_attribute(&message, IFA_LABEL, received, length);
  struct osh_snapshot snapshot = {0};
  assert_int_equal(parse_message(&message, &snapshot), 1);
  assert_int_equal(snapshot.address_count, 1);
  assert_string_equal(snapshot.addresses[0].label, expected);
  osh_snapshot_free(&snapshot);
}

static void test_labels(void **state) {
  (void)state;
  assert_label("eth0:1", 7, "eth0:1");
  assert_label("eth0:1", 6, "eth0:1"); // no terminator
  assert_label("", 0, "");
  assert_label("", 1, "");
  assert_label("fifteen-letters", 15, "fifteen-letters");
  assert_label("sixteen-letters!", 16, "sixteen-letters");
  assert_label("sixteen-letters!, and more", 27, "sixteen-letters");
  assert_label("a\0b", 4, "a");
}

static void test_label_of_ipv6_is_ignored(void **state) {
  (void)state;
  struct message message;
  start_address_message(&message, AF_INET6, 64);
  add_attribute(&message, IFA_ADDRESS, ipv6, sizeof(ipv6));
  add_attribute(&message, IFA_LABEL, "eth0", 5);
  struct osh_snapshot snapshot = {0};
  assert_int_equal(parse_message(&message, &snapshot), 1);
  assert_string_equal(snapshot.addresses[0].label, "");
  osh_snapshot_free(&snapshot);
}

static void test_link_hwaddr_of_any_size(void **state) {
  (void)state;
  const uint8_t bytes[64] = {[0] = 1, [19] = 20, [31] = 32, [32] = 33};
  for (size_t size = 0; size <= sizeof(bytes); size++) {
    struct message message;
    start_link_message(&message, 7);
    add_attribute(&message, IFLA_IFNAME, "ib0", 4);
    add_attribute(&message, IFLA_ADDRESS, bytes, size);
    struct osh_snapshot snapshot = {0};
    assert_int_equal(parse_message(&message, &snapshot), 1);
    assert_int_equal(snapshot.link_count, 1);
    size_t kept = size < 32 ? size : 32;
    assert_int_equal(snapshot.links[0].hwaddr_len, kept);
    if (kept > 0)
      assert_memory_equal(snapshot.links[0].hwaddr, bytes, kept);
    osh_snapshot_free(&snapshot);
  }
}

static void test_link_skipped(void **state) {
  (void)state;
  struct message message;
  for (int32_t ifindex = -1; ifindex <= 0; ifindex++) {
    start_link_message(&message, ifindex);
    add_attribute(&message, IFLA_IFNAME, "eth0", 5);
    assert_parsed(&message, 1, 0);
  }
  start_link_message(&message, 7); // no name
  assert_parsed(&message, 1, 0);
  start_link_message(&message, 7);
  add_attribute(&message, IFLA_IFNAME, "eth0", 5);
  assert_parsed(&message, 1, 1);
  ((struct ifinfomsg *)NLMSG_DATA(message.bytes))->ifi_family = AF_BRIDGE;
  assert_parsed(&message, 1, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_addresses_capture),
    cmocka_unit_test(test_links_capture),
    cmocka_unit_test(test_any_byte),
    cmocka_unit_test(test_attribute_lengths),
    cmocka_unit_test(test_attribute_beyond_message),
    cmocka_unit_test(test_address_of_wrong_size),
    cmocka_unit_test(test_address_without_address),
    cmocka_unit_test(test_local_before_address),
    cmocka_unit_test(test_prefix_too_long),
    cmocka_unit_test(test_labels),
    cmocka_unit_test(test_label_of_ipv6_is_ignored),
    cmocka_unit_test(test_link_hwaddr_of_any_size),
    cmocka_unit_test(test_link_skipped),
};

RUN_TESTS(tests)
