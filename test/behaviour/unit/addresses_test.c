// core/addresses.c: how addresses are sorted, and how their links are resolved.

#include "elements.h"

#include "core/addresses.h"
#include "core/links.h"

#include <stdbool.h>

static void assert_addresses(const struct osh_snapshot *snapshot, const char *const *expected,
                             size_t count) {
  assert_int_equal(snapshot->address_count, count);
  for (size_t i = 0; i < count; i++)
    assert_bytes_of(snapshot->addresses[i].family, snapshot->addresses[i].bytes, expected[i]);
}

struct placed {
  uint32_t ifindex;
  const char *text;
};

static void add_placed(struct osh_snapshot *snapshot, const struct placed *placed, size_t count) {
  for (size_t i = 0; i < count; i++)
    add_address(snapshot, placed[i].ifindex, placed[i].text, "");
}

static void test_sort_few(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  osh_sort_addresses(&snapshot);
  assert_int_equal(snapshot.address_count, 0);
  add_address(&snapshot, 1, "::1", "");
  osh_sort_addresses(&snapshot);
  assert_int_equal(snapshot.address_count, 1);
  osh_snapshot_free(&snapshot);
}

static void test_sort_by_family_and_link(void **state) {
  (void)state;
  static const struct placed received[] = {{3, "2001:db8::1"}, {2, "10.0.0.2"}, {1, "::1"},
                                           {1, "127.0.0.1"},   {2, "10.0.0.1"}, {2, "2001:db8::2"}};
  static const char *const expected[] = {"127.0.0.1", "10.0.0.2",    "10.0.0.1",
                                         "::1",       "2001:db8::2", "2001:db8::1"};
  struct osh_snapshot snapshot = {0};
  add_placed(&snapshot, received, LENGTH_OF(received));
  osh_sort_addresses(&snapshot);
  assert_addresses(&snapshot, expected, LENGTH_OF(expected));
  osh_snapshot_free(&snapshot);
}

// Falling scope, and within one scope the order of the source.
static void test_sort_by_scope(void **state) {
  (void)state;
  static const struct placed received[] = {{1, "fe80::1"}, {1, "2001:db8::1"}, {1, "::1"},
                                           {1, "fec0::1"}, {1, "fd00::1"},     {1, "febf::1"},
                                           {1, "feff::1"}, {1, "2001:db8::2"}};
  static const char *const expected[] = {"2001:db8::1", "fd00::1", "2001:db8::2", "fec0::1",
                                         "feff::1",     "fe80::1", "::1",         "febf::1"};
  struct osh_snapshot snapshot = {0};
  add_placed(&snapshot, received, LENGTH_OF(received));
  osh_sort_addresses(&snapshot);
  assert_addresses(&snapshot, expected, LENGTH_OF(expected));
  osh_snapshot_free(&snapshot);
}

// Only one family is out of order, or both are.
static void test_sort_one_family(void **state) {
  (void)state;
  static const char *const expected[] = {"10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2"};
  for (unsigned order = 0; order < 4; order++) {
    const bool swap4 = order & 1;
    const bool swap6 = order & 2;
    struct osh_snapshot snapshot = {0};
    add_address(&snapshot, swap4 ? 2 : 1, swap4 ? "10.0.0.2" : "10.0.0.1", "");
    add_address(&snapshot, swap4 ? 1 : 2, swap4 ? "10.0.0.1" : "10.0.0.2", "");
    add_address(&snapshot, swap6 ? 2 : 1, swap6 ? "2001:db8::2" : "2001:db8::1", "");
    add_address(&snapshot, swap6 ? 1 : 2, swap6 ? "2001:db8::1" : "2001:db8::2", "");
    osh_sort_addresses(&snapshot);
    assert_addresses(&snapshot, expected, LENGTH_OF(expected));
    for (uint32_t i = 0; i < 2; i++) {
      assert_int_equal(snapshot.addresses[i].order, swap4 ? 1 - i : i);
      assert_int_equal(snapshot.addresses[2 + i].order, 2 + (swap6 ? 1 - i : i));
    }
    osh_snapshot_free(&snapshot);
  }
}

static void test_resolve_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "lo");
  add_link(&snapshot, 4, OSH_LINK_NAME, "eth0");
  add_link(&snapshot, 9, OSH_LINK_NAME, "eth1");
  static const struct {
    uint32_t ifindex;
    const char *label;
    uint32_t link;
    uint32_t mac_link;
  } expected[] = {
      {1, "lo", 0, 0},           {4, "", 1, 1},
      {4, "eth0", 1, 1},         {4, "eth0:1", 1, 1},
      {4, "eth1", 1, 2},         {4, "eth1:7", 1, 2},
      {9, "eth1:1", 2, 2},       {4, "eth", 1, OSH_NO_LINK},
      {4, ":1", 1, OSH_NO_LINK},
  };
  for (size_t i = 0; i < LENGTH_OF(expected); i++)
    add_address(&snapshot, expected[i].ifindex, "10.0.0.1", expected[i].label);
  assert_int_equal(osh_resolve_links(&snapshot), 0);
  assert_int_equal(snapshot.address_count, LENGTH_OF(expected));
  assert_int_equal(snapshot.omission_count, 0);
  for (size_t i = 0; i < LENGTH_OF(expected); i++) {
    assert_string_equal(snapshot.addresses[i].label, expected[i].label);
    assert_int_equal(snapshot.addresses[i].link, expected[i].link);
    assert_int_equal(snapshot.addresses[i].mac_link, expected[i].mac_link);
  }
  osh_snapshot_free(&snapshot);
}

// Links that are gone, or nameless: an address without a label then has no name.
static void test_resolve_links_omits(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "lo");
  add_link(&snapshot, 2, 0, "");
  add_address(&snapshot, 3, "10.0.0.3", "gone:1");
  add_address(&snapshot, 1, "127.0.0.1", "lo");
  add_address(&snapshot, 2, "10.0.0.2", "named:1");
  add_address(&snapshot, 2, "2001:db8::2", "");
  add_address(&snapshot, 3, "2001:db8::3", "");
  add_address(&snapshot, 1, "::1", "");
  assert_int_equal(osh_resolve_links(&snapshot), 0);
  static const char *const kept[] = {"127.0.0.1", "10.0.0.2", "::1"};
  assert_addresses(&snapshot, kept, LENGTH_OF(kept));
  assert_int_equal(snapshot.addresses[1].link, 1);
  static const struct {
    int family;
    const char *text;
    const char *label;
  } omitted[] = {{AF_INET, "10.0.0.3", "gone:1"},
                 {AF_INET6, "2001:db8::2", ""},
                 {AF_INET6, "2001:db8::3", ""}};
  assert_int_equal(snapshot.omission_count, LENGTH_OF(omitted));
  for (size_t i = 0; i < LENGTH_OF(omitted); i++) {
    const struct osh_omission *omission = &snapshot.omissions[i];
    assert_int_equal(omission->family, omitted[i].family);
    assert_bytes_of(omission->family, omission->bytes, omitted[i].text);
    assert_string_equal(omission->label, omitted[i].label);
  }
  osh_snapshot_free(&snapshot);
}

static bool mismatches(uint32_t ifindex, const char *label) {
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "lo");
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_address(&snapshot, 1, "127.0.0.1", "lo");
  add_address(&snapshot, ifindex, "10.0.0.1", label);
  assert_int_equal(osh_resolve_links(&snapshot), 0);
  bool found = osh_has_mismatches(&snapshot);
  osh_snapshot_free(&snapshot);
  return found;
}

static void test_has_mismatches(void **state) {
  (void)state;
  const struct osh_snapshot empty = {0};
  assert_false(osh_has_mismatches(&empty));
  assert_false(mismatches(2, ""));
  assert_false(mismatches(2, "eth0"));
  assert_false(mismatches(2, "eth0:1"));
  assert_true(mismatches(2, "eth1"));
  assert_true(mismatches(2, "lo"));
  assert_true(mismatches(3, "eth0")); // omitted
}

static void test_remove_addresses(void **state) {
  (void)state;
  static const struct placed received[] = {
      {1, "127.0.0.1"}, {2, "10.0.0.1"}, {1, "::1"}, {2, "2001:db8::1"}, {2, "10.0.0.2"}};
  static const char *const only_ipv4[] = {"127.0.0.1", "10.0.0.1", "10.0.0.2"};
  static const char *const only_ipv6[] = {"::1", "2001:db8::1"};
  struct osh_snapshot snapshot = {0};
  osh_remove_addresses(&snapshot, AF_INET);
  add_placed(&snapshot, received, LENGTH_OF(received));
  osh_remove_addresses(&snapshot, AF_INET6);
  assert_addresses(&snapshot, only_ipv4, LENGTH_OF(only_ipv4));
  osh_remove_addresses(&snapshot, AF_INET);
  assert_int_equal(snapshot.address_count, 0);
  add_placed(&snapshot, received, LENGTH_OF(received));
  osh_remove_addresses(&snapshot, AF_INET);
  assert_addresses(&snapshot, only_ipv6, LENGTH_OF(only_ipv6));
  osh_snapshot_free(&snapshot);
}

static void test_address_name(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "lo");
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_address(&snapshot, 2, "10.0.0.1", "eth0:1");
  add_address(&snapshot, 2, "10.0.0.2", "other");
  add_address(&snapshot, 2, "10.0.0.3", "");
  add_address(&snapshot, 1, "::1", "");
  assert_int_equal(osh_resolve_links(&snapshot), 0);
  static const char *const expected[] = {"eth0:1", "other", "eth0", "lo"};
  for (size_t i = 0; i < LENGTH_OF(expected); i++)
    assert_string_equal(osh_address_name(&snapshot, &snapshot.addresses[i]), expected[i]);
  osh_snapshot_free(&snapshot);
}

static void test_is_link_local(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool expected;
  } cases[] = {{"fe80::1", true},     {"febf:ffff::1", true}, {"ff02::1", true},
               {"ff12::1", true},     {"fec0::1", false},     {"fe7f::1", false},
               {"ff01::1", false},    {"ff05::1", false},     {"ff0e::1", false},
               {"::1", false},        {"::", false},          {"fd00::1", false},
               {"2001:db8::1", false}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    uint8_t bytes[16];
    assert_int_equal(inet_pton(AF_INET6, cases[i].text, bytes), 1);
    if (osh_is_link_local(bytes) != cases[i].expected)
      fail_msg("%s", cases[i].text);
  }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sort_few),       cmocka_unit_test(test_sort_by_family_and_link),
    cmocka_unit_test(test_sort_by_scope),  cmocka_unit_test(test_sort_one_family),
    cmocka_unit_test(test_resolve_links),  cmocka_unit_test(test_resolve_links_omits),
    cmocka_unit_test(test_has_mismatches), cmocka_unit_test(test_remove_addresses),
    cmocka_unit_test(test_address_name),   cmocka_unit_test(test_is_link_local),
};

RUN_TESTS(tests)
