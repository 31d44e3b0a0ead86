// The snapshot's own arrays: how they grow, and how links are ordered, merged and found.

#include "unit.h"

#include "source.h"

#include <stdbool.h>
#include <stdio.h>

static void add_link(struct osh_snapshot *snapshot, uint32_t ifindex, uint8_t marks,
                     const char *name) {
  struct osh_link *link = osh_add_link(snapshot);
  assert_non_null(link);
  link->ifindex = ifindex;
  link->marks = marks;
  (void)snprintf(link->name, sizeof(link->name), "%s", name);
}

static void assert_zeroed(const void *element, size_t size) {
  const unsigned char *bytes = element;
  for (size_t i = 0; i < size; i++)
    assert_int_equal(bytes[i], 0);
}

// Appends up to `count`, each filled with its number, and looks at all of them.
static void fill_links(struct osh_snapshot *snapshot, size_t count) {
  while (snapshot->link_count < count) {
    uint32_t number = (uint32_t)snapshot->link_count;
    struct osh_link *link = osh_add_link(snapshot);
    assert_non_null(link);
    assert_ptr_equal(link, &snapshot->links[number]);
    assert_zeroed(link, sizeof(*link));
    memset(link, 0xa5, sizeof(*link));
    link->ifindex = number;
  }
  for (size_t i = 0; i < count; i++)
    assert_int_equal(snapshot->links[i].ifindex, i);
}

static void fill_addresses(struct osh_snapshot *snapshot, size_t count) {
  while (snapshot->address_count < count) {
    uint32_t number = (uint32_t)snapshot->address_count;
    struct osh_address *address = osh_add_address(snapshot);
    assert_non_null(address);
    assert_ptr_equal(address, &snapshot->addresses[number]);
    assert_zeroed(address, sizeof(*address));
    memset(address, 0xa5, sizeof(*address));
    address->ifindex = number;
  }
  for (size_t i = 0; i < count; i++)
    assert_int_equal(snapshot->addresses[i].ifindex, i);
}

static void fill_omissions(struct osh_snapshot *snapshot, size_t count) {
  while (snapshot->omission_count < count) {
    struct osh_address address = {.family = (uint8_t)snapshot->omission_count, .name = "eth0:1"};
    memset(address.bytes, (int)snapshot->omission_count, sizeof(address.bytes));
    assert_int_equal(osh_omit(snapshot, &address), 0);
  }
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(snapshot->omissions[i].family, (uint8_t)i);
    assert_int_equal(snapshot->omissions[i].bytes[15], (uint8_t)i);
    assert_string_equal(snapshot->omissions[i].name, "eth0:1");
  }
}

static void test_growth(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  fill_links(&snapshot, 1030);
  fill_addresses(&snapshot, 1030);
  fill_omissions(&snapshot, 1030);
  osh_snapshot_free(&snapshot);
}

// A dump that is asked for again starts over in the same arrays, and links are dropped from the
// middle: room is to be told from the count alone whatever it was before.
static void test_growth_after_shrinking(void **state) {
  (void)state;
  static const size_t counts[] = {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100};
  for (size_t i = 0; i < LENGTH_OF(counts); i++) {
    for (size_t j = 0; j < LENGTH_OF(counts); j++) {
      struct osh_snapshot snapshot = {0};
      fill_links(&snapshot, counts[i]);
      fill_addresses(&snapshot, counts[i]);
      snapshot.link_count = counts[j] < counts[i] ? counts[j] : counts[i];
      snapshot.address_count = snapshot.link_count;
      fill_links(&snapshot, 130);
      fill_addresses(&snapshot, 130);
      osh_snapshot_free(&snapshot);
    }
  }
}

static void test_release(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  osh_snapshot_free(&snapshot);
  fill_links(&snapshot, 1);
  snapshot.missing = OSH_FACTS_ALL;
  osh_snapshot_free(&snapshot);
  assert_zeroed(&snapshot, sizeof(snapshot));
  osh_snapshot_free(&snapshot);
}

static void test_mention_link(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  assert_int_equal(osh_mention_link(&snapshot, 7), 0);
  assert_int_equal(osh_mention_link(&snapshot, 7), 0);
  assert_int_equal(snapshot.link_count, 1);
  assert_int_equal(osh_mention_link(&snapshot, 8), 0);
  assert_int_equal(osh_mention_link(&snapshot, 7), 0); // a neighbour only; sorting merges
  assert_int_equal(snapshot.link_count, 3);
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 2);
  assert_int_equal(snapshot.links[0].ifindex, 7);
  assert_int_equal(snapshot.links[1].ifindex, 8);
  osh_snapshot_free(&snapshot);
}

static void test_sort_merges(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 9, 0, "");
  add_link(&snapshot, 2, OSH_LINK_NAME, "named");
  add_link(&snapshot, 9, OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR, "full");
  add_link(&snapshot, 2, 0, "");
  add_link(&snapshot, UINT32_MAX, 0, "last");
  add_link(&snapshot, 9, OSH_LINK_NAME, "less");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 3);
  assert_int_equal(snapshot.links[0].ifindex, 2);
  assert_string_equal(snapshot.links[0].name, "named");
  assert_int_equal(snapshot.links[1].ifindex, 9);
  assert_string_equal(snapshot.links[1].name, "full");
  assert_int_equal(snapshot.links[2].ifindex, UINT32_MAX);
  osh_snapshot_free(&snapshot);
}

static void test_sort_few(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 0);
  add_link(&snapshot, 5, 0, "");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  add_link(&snapshot, 5, OSH_LINK_NAME, "told");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  assert_string_equal(snapshot.links[0].name, "told");
  osh_snapshot_free(&snapshot);
}

static void test_find(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  size_t hint = 0;
  assert_null(osh_find_link(&snapshot, 1, &hint));
  for (uint32_t i = 0; i < 50; i++)
    add_link(&snapshot, 10 + 3 * i, 0, "");
  const size_t hints[] = {0, 1, 24, 48, 49, 50, 51, 1000, SIZE_MAX - 2, SIZE_MAX - 1, SIZE_MAX};
  for (size_t i = 0; i < LENGTH_OF(hints); i++) {
    for (uint32_t ifindex = 0; ifindex < 200; ifindex++) {
      bool there = ifindex >= 10 && ifindex < 160 && (ifindex - 10) % 3 == 0;
      hint = hints[i];
      const struct osh_link *link = osh_find_link(&snapshot, ifindex, &hint);
      if (!there) {
        assert_null(link);
        continue;
      }
      assert_non_null(link);
      assert_int_equal(link->ifindex, ifindex);
      assert_int_equal(hint, (ifindex - 10) / 3);
    }
  }
  osh_snapshot_free(&snapshot);
}

static void test_find_extremes(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  const uint32_t numbers[] = {0, 1, INT32_MAX, (uint32_t)INT32_MAX + 1, UINT32_MAX};
  for (size_t i = 0; i < LENGTH_OF(numbers); i++)
    add_link(&snapshot, numbers[i], 0, "");
  for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
    size_t hint = SIZE_MAX;
    assert_ptr_equal(osh_find_link(&snapshot, numbers[i], &hint), &snapshot.links[i]);
  }
  osh_snapshot_free(&snapshot);
}

static void test_find_labelled(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "eth");
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_link(&snapshot, 3, OSH_LINK_NAME, "fifteen-letters");
  add_link(&snapshot, 4, 0, "");
  assert_ptr_equal(osh_find_labelled(&snapshot, "eth0:1"), &snapshot.links[1]);
  assert_ptr_equal(osh_find_labelled(&snapshot, "eth0"), &snapshot.links[1]);
  assert_ptr_equal(osh_find_labelled(&snapshot, "eth:"), &snapshot.links[0]);
  assert_ptr_equal(osh_find_labelled(&snapshot, "fifteen-letters"), &snapshot.links[2]);
  assert_null(osh_find_labelled(&snapshot, "et"));
  assert_null(osh_find_labelled(&snapshot, "eth01"));
  assert_null(osh_find_labelled(&snapshot, ":1"));
  assert_null(osh_find_labelled(&snapshot, ""));
  osh_snapshot_free(&snapshot);
}

static void test_label_link_length(void **state) {
  (void)state;
  assert_int_equal(osh_label_link_length(""), 0);
  assert_int_equal(osh_label_link_length(":1"), 0);
  assert_int_equal(osh_label_link_length("eth0"), 4);
  assert_int_equal(osh_label_link_length("eth0:"), 4);
  assert_int_equal(osh_label_link_length("eth0:1:2"), 4);
  assert_int_equal(osh_label_link_length("fifteen-letters"), 15);
}

static void test_first_refusal_stays(void **state) {
  (void)state;
  struct osh_attempt attempt = {0};
  assert_int_equal(osh_refused(&attempt, "first", -1), -1);
  assert_int_equal(osh_refused(&attempt, "second", -2), -2);
  assert_string_equal(attempt.call, "first");
  assert_int_equal(attempt.error, -1);
}

static void test_no_source(void **state) {
  (void)state;
  struct osh_snapshot snapshot;
  assert_true(osh_snapshot_read(&snapshot, 0) < 0);
  assert_int_equal(snapshot.missing, OSH_FACTS_ALL);
  assert_int_equal(snapshot.address_count, 0);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    assert_int_equal(snapshot.attempts[i].status, OSH_STATUS_SKIPPED);
  osh_snapshot_free(&snapshot);
}

// Of the real kernel, by every choice of sources.
static void test_this_namespace(void **state) {
  (void)state;
  for (unsigned sources = 1; sources <= OSH_SOURCES_ALL; sources++) {
    struct osh_snapshot snapshot;
    assert_int_equal(osh_snapshot_read(&snapshot, sources), 0);
    for (size_t i = 0; i < snapshot.address_count; i++) {
      const struct osh_address *address = &snapshot.addresses[i];
      assert_true(address->link < snapshot.link_count);
      assert_int_equal(snapshot.links[address->link].ifindex, address->ifindex);
    }
    osh_snapshot_free(&snapshot);
  }
}

static void test_words(void **state) {
  (void)state;
  assert_string_equal(osh_source_name(OSH_SOURCE_RTNETLINK), "rtnetlink");
  assert_string_equal(osh_source_name(OSH_SOURCE_IOCTL), "ioctl");
  assert_string_equal(osh_source_name(OSH_SOURCE_PROCFS), "procfs");
  assert_string_equal(osh_status_name(OSH_STATUS_SKIPPED), "skipped");
  assert_string_equal(osh_status_name(OSH_STATUS_ANSWERED), "answered");
  assert_string_equal(osh_status_name(OSH_STATUS_PARTIAL), "partial");
  assert_string_equal(osh_status_name(OSH_STATUS_DENIED), "denied");
  assert_string_equal(osh_status_name(OSH_STATUS_ABSENT), "absent");
  assert_string_equal(osh_status_name(OSH_STATUS_FAILED), "failed");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_growth),
    cmocka_unit_test(test_growth_after_shrinking),
    cmocka_unit_test(test_release),
    cmocka_unit_test(test_mention_link),
    cmocka_unit_test(test_sort_merges),
    cmocka_unit_test(test_sort_few),
    cmocka_unit_test(test_find),
    cmocka_unit_test(test_find_extremes),
    cmocka_unit_test(test_find_labelled),
    cmocka_unit_test(test_label_link_length),
    cmocka_unit_test(test_first_refusal_stays),
    cmocka_unit_test(test_no_source),
    cmocka_unit_test(test_this_namespace),
    cmocka_unit_test(test_words),
};

RUN_TESTS(tests)
