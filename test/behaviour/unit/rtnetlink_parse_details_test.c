// osh_parse_datagram() on the details of links and addresses, which only some requests want.

#include "dumps.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>

static struct osh_snapshot parse_with_details(struct message *message) {
  struct osh_snapshot snapshot = {.request.details = true};
  assert_int_equal(parse_message(message, &snapshot), 1);
  return snapshot;
}

static void start_named_link(struct message *message) {
  start_link_message(message, 7);
  add_attribute(message, IFLA_IFNAME, "eth0", 5);
}

static const struct osh_link_details *only_link(const struct osh_snapshot *snapshot) {
  assert_int_equal(snapshot->link_count, 1);
  const struct osh_link_details *details = osh_link_details(snapshot, &snapshot->links[0]);
  assert_non_null(details);
  return details;
}

static const struct osh_address_details *only_address(const struct osh_snapshot *snapshot) {
  assert_int_equal(snapshot->address_count, 1);
  const struct osh_address_details *details =
      osh_address_details(snapshot, &snapshot->addresses[0]);
  assert_non_null(details);
  return details;
}

static void assert_no_details(const struct osh_snapshot *snapshot) {
  assert_int_equal(snapshot->link_details_count, 0);
  assert_int_equal(snapshot->address_details_count, 0);
  assert_int_equal(snapshot->alternative_name_count, 0);
  for (size_t i = 0; i < snapshot->link_count; i++)
    assert_int_equal(snapshot->links[i].details, 0);
  for (size_t i = 0; i < snapshot->address_count; i++)
    assert_int_equal(snapshot->addresses[i].details, 0);
}

static void test_none_without_request(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  parse_dump(&snapshot, link_dump());
  parse_dump(&snapshot, address_dump());
  assert_true(snapshot.link_count > 0 && snapshot.address_count > 0);
  assert_no_details(&snapshot);
  osh_snapshot_free(&snapshot);
}

// All links request their names, and nothing more.
static void test_none_with_all_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {.request.all_links = true};
  parse_dump(&snapshot, link_dump());
  assert_true(snapshot.link_count > 0);
  assert_no_details(&snapshot);
  osh_snapshot_free(&snapshot);
}

static void test_links_capture(void **state) {
  (void)state;
  static const struct {
    const char *kind;
    uint32_t mtu;
  } expected[] = {{"", 65536},   {"veth", 1500}, {"veth", 1500},
                  {"tun", 1500}, {"veth", 1500}, {"veth", 1500}};
  static const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct osh_snapshot snapshot = {.request.details = true};
  parse_dump(&snapshot, link_dump());
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, LENGTH_OF(expected));
  bool seen[LENGTH_OF(expected) + 1] = {false};
  for (size_t i = 0; i < LENGTH_OF(expected); i++) {
    const struct osh_link *link = &snapshot.links[i];
    const struct osh_link_details *details = osh_link_details(&snapshot, link);
    assert_non_null(details);
    assert_int_equal(details->facts, OSH_LINK_MTU | OSH_LINK_OPERSTATE | OSH_LINK_KIND |
                                         OSH_LINK_BROADCAST | OSH_LINK_STATS);
    assert_string_equal(details->kind, expected[i].kind);
    assert_int_equal(details->mtu, expected[i].mtu);
    assert_in_range(details->operstate, 0, IF_OPER_UP);
    assert_in_range(details->stats.rx_bytes, 0, 10000);
    assert_int_equal(details->broadcast_len, link->hwaddr_len);
    if (link->type == ARPHRD_ETHER)
      assert_memory_equal(details->broadcast, ones, sizeof(ones));
    // Each position in the dump once, from 1 on.
    assert_in_range(link->order, 1, LENGTH_OF(expected));
    assert_false(seen[link->order]);
    seen[link->order] = true;
  }
  assert_int_equal(snapshot.alternative_name_count, 2);
  assert_int_equal(snapshot.alternative_names[0].ifindex, 3);
  assert_string_equal(snapshot.alternative_names[0].name, "alternative-name");
  assert_string_equal(snapshot.alternative_names[1].name, "second-alternative-name");
  osh_snapshot_free(&snapshot);
}

static void test_addresses_capture(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint8_t scope;
    uint8_t flags;
    const char *peer;
  } expected[] = {
      {"127.0.0.1", RT_SCOPE_HOST, IFA_F_PERMANENT, "127.0.0.1"},
      {"10.3.0.1", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, "10.3.0.2"},
      {"10.1.0.2", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT | IFA_F_SECONDARY, "10.1.0.2"},
      {"::1", RT_SCOPE_HOST, IFA_F_PERMANENT, "::"},
      {"2001:db8:5::1", RT_SCOPE_UNIVERSE, IFA_F_PERMANENT | IFA_F_NODAD, "2001:db8:5::2"},
      {"fe80::ff:fe00:1", RT_SCOPE_LINK, IFA_F_PERMANENT, "::"},
  };
  struct osh_snapshot snapshot = {.request.details = true};
  parse_dump(&snapshot, address_dump());
  size_t found = 0;
  for (size_t i = 0; i < snapshot.address_count; i++) {
    const struct osh_address *address = &snapshot.addresses[i];
    const struct osh_address_details *details = osh_address_details(&snapshot, address);
    assert_non_null(details);
    assert_int_equal(details->facts, OSH_ADDRESS_SCOPE | OSH_ADDRESS_FLAGS | OSH_ADDRESS_BROADCAST |
                                         OSH_ADDRESS_PEER);
    for (size_t j = 0; j < LENGTH_OF(expected); j++) {
      uint8_t bytes[16] = {0};
      uint8_t peer[16] = {0};
      assert_int_equal(inet_pton(address->family, expected[j].text, bytes) == 1,
                       (strchr(expected[j].text, ':') == NULL) == (address->family == AF_INET));
      if (memcmp(bytes, address->bytes, sizeof(bytes)) != 0)
        continue;
      found++;
      assert_int_equal(details->scope, expected[j].scope);
      assert_int_equal(details->flags, expected[j].flags);
      assert_int_equal(inet_pton(address->family, expected[j].peer, peer), 1);
      assert_memory_equal(details->peer, peer, sizeof(peer));
    }
  }
  assert_int_equal(found, LENGTH_OF(expected));
  osh_snapshot_free(&snapshot);
}

static void test_link_without_attributes(void **state) {
  (void)state;
  struct message message;
  start_named_link(&message);
  struct osh_snapshot snapshot = parse_with_details(&message);
  const struct osh_link_details *details = only_link(&snapshot);
  // No IFLA_LINKINFO and no IFLA_BROADCAST: hardware, without a broadcast address.
  assert_int_equal(details->facts, OSH_LINK_KIND | OSH_LINK_BROADCAST);
  assert_string_equal(details->kind, "");
  assert_int_equal(details->broadcast_len, 0);
  assert_int_equal(snapshot.links[0].order, 1);
  osh_snapshot_free(&snapshot);
}

static void test_link_attributes(void **state) {
  (void)state;
  static const uint8_t broadcast[6] = {1, 2, 3, 4, 5, 6};
  const uint32_t mtu = 9000;
  const uint8_t operstate = IF_OPER_DORMANT;
  struct message message;
  // The name last: the others must be found before and after it.
  start_link_message(&message, 7);
  add_attribute(&message, IFLA_MTU, &mtu, sizeof(mtu));
  add_attribute(&message, IFLA_ADDRESS, broadcast, sizeof(broadcast));
  add_attribute(&message, IFLA_IFNAME, "eth0", 5);
  add_attribute(&message, IFLA_OPERSTATE, &operstate, sizeof(operstate));
  add_attribute(&message, IFLA_BROADCAST, broadcast, sizeof(broadcast));
  struct osh_snapshot snapshot = parse_with_details(&message);
  const struct osh_link_details *details = only_link(&snapshot);
  assert_int_equal(details->facts,
                   OSH_LINK_MTU | OSH_LINK_OPERSTATE | OSH_LINK_KIND | OSH_LINK_BROADCAST);
  assert_int_equal(details->mtu, 9000);
  assert_int_equal(details->operstate, IF_OPER_DORMANT);
  assert_int_equal(details->broadcast_len, sizeof(broadcast));
  assert_memory_equal(details->broadcast, broadcast, sizeof(broadcast));
  osh_snapshot_free(&snapshot);
}

static void test_link_attributes_of_wrong_size(void **state) {
  (void)state;
  static const uint8_t bytes[64] = {1};
  static const size_t sizes[] = {0, 1, 2, 3, 5, 8};
  for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
    struct message message;
    start_named_link(&message);
    add_attribute(&message, IFLA_MTU, bytes, sizes[i]);
    add_attribute(&message, IFLA_OPERSTATE, bytes, sizes[i] == 1 ? 4 : sizes[i]);
    struct osh_snapshot snapshot = parse_with_details(&message);
    assert_int_equal(only_link(&snapshot)->facts & (OSH_LINK_MTU | OSH_LINK_OPERSTATE), 0);
    osh_snapshot_free(&snapshot);
  }
  struct message message;
  start_named_link(&message);
  add_attribute(&message, IFLA_BROADCAST, bytes, sizeof(bytes));
  struct osh_snapshot snapshot = parse_with_details(&message);
  assert_int_equal(only_link(&snapshot)->broadcast_len, 32);
  osh_snapshot_free(&snapshot);
}

static void assert_kind(const char *kind, size_t length, const char *expected) {
  struct message message;
  start_named_link(&message);
  struct rtattr *info = start_nested(&message, IFLA_LINKINFO);
  add_attribute(&message, IFLA_INFO_DATA, "data", 4);
  add_attribute(&message, IFLA_INFO_KIND, kind, length);
  end_nested(&message, info);
  struct osh_snapshot snapshot = parse_with_details(&message);
  const struct osh_link_details *details = only_link(&snapshot);
  assert_true(details->facts & OSH_LINK_KIND);
  assert_string_equal(details->kind, expected);
  osh_snapshot_free(&snapshot);
}

static void test_kind(void **state) {
  (void)state;
  assert_kind("veth", 5, "veth");
  assert_kind("veth", 4, "veth"); // no terminator
  assert_kind("", 0, "");
  assert_kind("thirty-one-letters-are-the-limit", 32, "thirty-one-letters-are-the-limi");
}

static void test_nested_beyond_its_attribute(void **state) {
  (void)state;
  struct message message;
  start_named_link(&message);
  struct rtattr *info = start_nested(&message, IFLA_LINKINFO);
  struct rtattr *kind = add_attribute(&message, IFLA_INFO_KIND, "veth", 5);
  end_nested(&message, info);
  kind->rta_len = 400;
  struct osh_snapshot snapshot = parse_with_details(&message);
  assert_string_equal(only_link(&snapshot)->kind, "");
  osh_snapshot_free(&snapshot);
}

static void assert_stats(size_t size) {
  uint8_t bytes[2 * sizeof(struct rtnl_link_stats)];
  memset(bytes, 0x11, sizeof(bytes));
  struct message message;
  start_named_link(&message);
  add_attribute(&message, IFLA_STATS, bytes, size);
  struct osh_snapshot snapshot = parse_with_details(&message);
  const struct osh_link_details *details = only_link(&snapshot);
  assert_true(details->facts & OSH_LINK_STATS);
  struct rtnl_link_stats expected = {0};
  memcpy(&expected, bytes, size < sizeof(expected) ? size : sizeof(expected));
  assert_memory_equal(&details->stats, &expected, sizeof(expected));
  osh_snapshot_free(&snapshot);
}

// The structure has grown in Linux 4.6 (rx_nohandler) and may grow again.
static void test_stats_of_any_size(void **state) {
  (void)state;
  assert_stats(4);
  assert_stats(sizeof(struct rtnl_link_stats) - 4);
  assert_stats(sizeof(struct rtnl_link_stats));
  assert_stats(sizeof(struct rtnl_link_stats) + 4);
  assert_stats(2 * sizeof(struct rtnl_link_stats));
}

static void test_alternative_names(void **state) {
  (void)state;
  char name[130];
  memset(name, 'a', sizeof(name));
  for (int flag = 0; flag < 2; flag++) {
    struct message message;
    start_named_link(&message);
    struct rtattr *list = start_nested(&message, (uint16_t)(PROP_LIST | (flag ? NLA_F_NESTED : 0)));
    add_attribute(&message, ALT_IFNAME, "enp3s0", 7);
    add_attribute(&message, ALT_IFNAME + 1, "other", 6); // another property
    add_attribute(&message, ALT_IFNAME, name, 127);
    add_attribute(&message, ALT_IFNAME, name, 128); // longer than the kernel allows
    end_nested(&message, list);
    struct osh_snapshot snapshot = parse_with_details(&message);
    assert_int_equal(snapshot.alternative_name_count, 2);
    assert_int_equal(snapshot.alternative_names[0].ifindex, 7);
    assert_string_equal(snapshot.alternative_names[0].name, "enp3s0");
    assert_int_equal(snapshot.alternative_names[1].ifindex, 7);
    assert_int_equal(strlen(snapshot.alternative_names[1].name), 127);
    assert_string_equal(snapshot.links[0].name, "eth0");
    osh_snapshot_free(&snapshot);

    snapshot = (struct osh_snapshot){0};
    assert_int_equal(parse_message(&message, &snapshot), 1);
    assert_no_details(&snapshot);
    osh_snapshot_free(&snapshot);
  }
}

static void test_address_attributes(void **state) {
  (void)state;
  static const uint8_t peer[4] = {10, 9, 9, 9};
  static const uint8_t broadcast[4] = {10, 1, 2, 255};
  static const uint8_t none[4] = {0};
  const uint32_t flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE;
  const struct ifaddrmsg header = {.ifa_family = AF_INET,
                                   .ifa_prefixlen = 24,
                                   .ifa_flags = IFA_F_PERMANENT,
                                   .ifa_scope = RT_SCOPE_SITE,
                                   .ifa_index = 7};
  struct message message;
  start_message(&message, RTM_NEWADDR, &header, sizeof(header));
  add_attribute(&message, IFA_ADDRESS, peer, sizeof(peer));
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  add_attribute(&message, IFA_LABEL, "eth0", 5);
  for (int round = 0; round < 2; round++) {
    struct osh_snapshot snapshot = parse_with_details(&message);
    const struct osh_address_details *details = only_address(&snapshot);
    assert_int_equal(details->scope, RT_SCOPE_SITE);
    assert_int_equal(details->flags, round == 0 ? IFA_F_PERMANENT : flags);
    assert_memory_equal(details->peer, peer, sizeof(peer));
    assert_memory_equal(details->broadcast, round == 0 ? none : broadcast, sizeof(broadcast));
    osh_snapshot_free(&snapshot);
    // The second round has the rest, behind the three attributes that every request wants.
    add_attribute(&message, IFA_BROADCAST, broadcast, sizeof(broadcast));
    add_attribute(&message, IFA_FLAGS, &flags, sizeof(flags));
  }
}

static void test_ipv6_address_without_peer(void **state) {
  (void)state;
  static const uint8_t none[16] = {0};
  struct message message;
  start_address_message(&message, AF_INET6, 64);
  add_attribute(&message, IFA_ADDRESS, ipv6, sizeof(ipv6));
  struct osh_snapshot snapshot = parse_with_details(&message);
  assert_true(only_address(&snapshot)->facts & OSH_ADDRESS_PEER);
  assert_memory_equal(only_address(&snapshot)->peer, none, sizeof(none));
  osh_snapshot_free(&snapshot);
}

static void test_address_attributes_of_wrong_size(void **state) {
  (void)state;
  static const uint8_t bytes[16] = {1, 1, 1, 1, 1};
  static const uint8_t none[16] = {0};
  static const size_t sizes[] = {0, 3, 5, 16};
  for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
    struct message message;
    start_address_message(&message, AF_INET, 24);
    add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
    add_attribute(&message, IFA_ADDRESS, bytes, sizes[i]);
    add_attribute(&message, IFA_BROADCAST, bytes, sizes[i]);
    add_attribute(&message, IFA_FLAGS, bytes, sizes[i]);
    struct osh_snapshot snapshot = parse_with_details(&message);
    const struct osh_address_details *details = only_address(&snapshot);
    assert_int_equal(details->flags, 0);
    assert_memory_equal(details->peer, none, sizeof(details->peer));
    assert_memory_equal(details->broadcast, none, sizeof(details->broadcast));
    osh_snapshot_free(&snapshot);
  }
}

static void test_any_byte(void **state) {
  (void)state;
  const struct dump links = link_dump();
  static const char bytes[] = {0, 1, 4, 5, (char)0x80, (char)0xff};
  char *copy = exact_copy(links.bytes, links.length);
  for (size_t i = 0; i < links.length; i++) {
    for (size_t j = 0; j < LENGTH_OF(bytes); j++) {
      struct osh_snapshot snapshot = {.request.details = true};
      bool interrupted;
      copy[i] = bytes[j];
      assert_true(parse_bytes(&snapshot, &interrupted, copy, links.length) <= 1);
      osh_snapshot_free(&snapshot);
    }
    copy[i] = links.bytes[i];
  }
  free(copy);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_none_without_request),
    cmocka_unit_test(test_none_with_all_links),
    cmocka_unit_test(test_links_capture),
    cmocka_unit_test(test_addresses_capture),
    cmocka_unit_test(test_link_without_attributes),
    cmocka_unit_test(test_link_attributes),
    cmocka_unit_test(test_link_attributes_of_wrong_size),
    cmocka_unit_test(test_kind),
    cmocka_unit_test(test_nested_beyond_its_attribute),
    cmocka_unit_test(test_stats_of_any_size),
    cmocka_unit_test(test_alternative_names),
    cmocka_unit_test(test_address_attributes),
    cmocka_unit_test(test_ipv6_address_without_peer),
    cmocka_unit_test(test_address_attributes_of_wrong_size),
    cmocka_unit_test(test_any_byte),
};

RUN_TESTS(tests)
