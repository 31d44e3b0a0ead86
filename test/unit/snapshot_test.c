// The snapshot's arrays and lookups, and what a read says of sources that were left out.

#include "unit.h"

#include "source.h"

#include <errno.h>

static void keeps_what_it_grows(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  for (uint32_t i = 0; i < 1000; i++) {
    struct osh_address *address = osh_add_address(&snapshot);
    assert_non_null(address);
    assert_int_equal(address->ifindex, 0);
    address->ifindex = i + 1;
    if (i == 40)
      snapshot.address_count = 17;
  }
  assert_int_equal(snapshot.address_count, 17 + 1000 - 41);
  assert_int_equal(snapshot.addresses[16].ifindex, 17);
  assert_int_equal(snapshot.addresses[17].ifindex, 42);
  osh_snapshot_free(&snapshot);
  assert_null(snapshot.addresses);
}

static void merges_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  const uint32_t mentioned[] = {5, 5, 2, 9, 2, 5, 1};
  for (size_t i = 0; i < sizeof(mentioned) / sizeof(*mentioned); i++)
    assert_int_equal(osh_mention_link(&snapshot, mentioned[i]), 0);
  struct osh_link *known = osh_add_link(&snapshot);
  *known = (struct osh_link){.ifindex = 2, .marks = OSH_LINK_NAME, .name = "two"};
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 4);
  assert_string_equal(snapshot.links[1].name, "two");
  for (uint32_t ifindex = 0; ifindex < 12; ifindex++) {
    for (size_t start = 0; start < 6; start++) {
      size_t hint = start;
      struct osh_link *link = osh_find_link(&snapshot, ifindex, &hint);
      bool there = ifindex == 1 || ifindex == 2 || ifindex == 5 || ifindex == 9;
      assert_int_equal(link != NULL, there);
      if (link != NULL)
        assert_int_equal(link->ifindex, ifindex);
    }
  }
  assert_ptr_equal(osh_find_link_by_name(&snapshot, "two:1", 3), &snapshot.links[1]);
  assert_null(osh_find_link_by_name(&snapshot, "tw", 2));
  osh_snapshot_free(&snapshot);
}

static void finds_the_link_in_a_label(void **state) {
  (void)state;
  assert_int_equal(osh_label_link_length("eth0"), 4);
  assert_int_equal(osh_label_link_length("eth0:1:2"), 4);
  assert_int_equal(osh_label_link_length(""), 0);
}

static void skips_what_it_may_not_ask(void **state) {
  (void)state;
  struct osh_snapshot snapshot;
  assert_int_equal(osh_snapshot_read(&snapshot, 0), -EINVAL);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    assert_int_equal(snapshot.attempts[i].status, OSH_STATUS_SKIPPED);
  assert_int_equal(snapshot.missing, OSH_FACTS_ALL);
  osh_snapshot_free(&snapshot);
}

static void reads_this_namespace(void **state) {
  (void)state;
  for (unsigned sources = 1; sources <= OSH_SOURCES_ALL; sources++) {
    struct osh_snapshot snapshot;
    assert_int_equal(osh_snapshot_read(&snapshot, sources), 0);
    for (size_t i = 0; i < snapshot.address_count; i++)
      assert_true(snapshot.addresses[i].link < snapshot.link_count);
    osh_snapshot_free(&snapshot);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_what_it_grows),       cmocka_unit_test(merges_links),
      cmocka_unit_test(finds_the_link_in_a_label), cmocka_unit_test(skips_what_it_may_not_ask),
      cmocka_unit_test(reads_this_namespace),
  };
  return run_tests_as_tap("snapshot", tests, sizeof(tests) / sizeof(*tests));
}
