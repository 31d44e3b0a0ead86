// core/links.c: how links are sorted, merged and found.

#include "elements.h"

#include "core/links.h"

#include <net/if_arp.h>
#include <stdbool.h>

#define ALL_FACTS (OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR)

static void test_ensure_link(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  assert_int_equal(osh_ensure_link(&snapshot, 7), 0);
  assert_int_equal(osh_ensure_link(&snapshot, 7), 0);
  assert_int_equal(snapshot.link_count, 1);
  assert_int_equal(osh_ensure_link(&snapshot, 8), 0);
  assert_int_equal(osh_ensure_link(&snapshot, 7), 0); // only the last link is compared
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
  add_link(&snapshot, 9, ALL_FACTS, "full");
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
  add_link(&snapshot, 5, OSH_LINK_NAME, "named");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  assert_string_equal(snapshot.links[0].name, "named");
  osh_snapshot_free(&snapshot);
}

static struct osh_link *add_flags(struct osh_snapshot *snapshot, uint8_t facts, const char *name,
                                  uint32_t flags) {
  struct osh_link *link = add_link(snapshot, 5, facts, name);
  link->flags = flags;
  return link;
}

// The link with more facts wins, in either order, even if the other's facts are a larger number.
static void test_merge_prefers_more_facts(void **state) {
  (void)state;
  for (int order = 0; order < 2; order++) {
    struct osh_snapshot snapshot = {0};
    if (order == 0)
      add_flags(&snapshot, OSH_LINK_FLAGS_INFERRED, "", IFF_LOOPBACK);
    add_flags(&snapshot, OSH_LINK_NAME | OSH_LINK_FLAGS, "name", IFF_UP);
    if (order == 1)
      add_flags(&snapshot, OSH_LINK_FLAGS_INFERRED, "", IFF_LOOPBACK);
    osh_sort_links(&snapshot);
    assert_int_equal(snapshot.link_count, 1);
    assert_string_equal(snapshot.links[0].name, "name");
    assert_int_equal(snapshot.links[0].flags, IFF_UP);
    // Inferred flags stand instead of the kernel's, never beside them (snapshot.h).
    assert_int_equal(snapshot.links[0].facts, OSH_LINK_NAME | OSH_LINK_FLAGS);
    osh_snapshot_free(&snapshot);
  }
}

static void test_merge_prefers_values_of_more_facts(void **state) {
  (void)state;
  for (int order = 0; order < 2; order++) {
    struct osh_snapshot snapshot = {0};
    if (order == 0)
      add_link(&snapshot, 5, OSH_LINK_NAME | OSH_LINK_FLAGS_INFERRED, "less");
    add_link(&snapshot, 5, ALL_FACTS, "more");
    if (order == 1)
      add_link(&snapshot, 5, OSH_LINK_NAME | OSH_LINK_FLAGS_INFERRED, "less");
    osh_sort_links(&snapshot);
    assert_int_equal(snapshot.link_count, 1);
    assert_string_equal(snapshot.links[0].name, "more");
    osh_snapshot_free(&snapshot);
  }
}

static void test_merge_prefers_kernel_flags(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_flags(&snapshot, OSH_LINK_FLAGS, "", IFF_UP);
  add_flags(&snapshot, OSH_LINK_NAME | OSH_LINK_FLAGS_INFERRED, "name", IFF_LOOPBACK);
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  assert_string_equal(snapshot.links[0].name, "name");
  assert_int_equal(snapshot.links[0].flags, IFF_UP);
  assert_int_equal(snapshot.links[0].facts, OSH_LINK_NAME | OSH_LINK_FLAGS);
  osh_snapshot_free(&snapshot);
}

static void test_merge_keeps_inferred_flags(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_flags(&snapshot, OSH_LINK_FLAGS_INFERRED, "", IFF_LOOPBACK);
  add_link(&snapshot, 5, OSH_LINK_NAME | OSH_LINK_HWADDR, "name");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  assert_int_equal(snapshot.links[0].flags, IFF_LOOPBACK);
  assert_int_equal(snapshot.links[0].facts,
                   OSH_LINK_NAME | OSH_LINK_HWADDR | OSH_LINK_FLAGS_INFERRED);
  osh_snapshot_free(&snapshot);
}

static void test_merge_keeps_facts_of_both(void **state) {
  (void)state;
  static const uint8_t hwaddr[6] = {2, 3, 4, 5, 6, 7};
  struct osh_snapshot snapshot = {0};
  struct osh_link *link = add_link(&snapshot, 5, OSH_LINK_HWADDR, "");
  link->type = ARPHRD_ETHER;
  link->hwaddr_len = sizeof(hwaddr);
  memcpy(link->hwaddr, hwaddr, sizeof(hwaddr));
  add_flags(&snapshot, OSH_LINK_NAME | OSH_LINK_FLAGS, "name", IFF_UP);
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  link = &snapshot.links[0];
  assert_int_equal(link->facts, ALL_FACTS);
  assert_string_equal(link->name, "name");
  assert_int_equal(link->flags, IFF_UP);
  assert_int_equal(link->type, ARPHRD_ETHER);
  assert_int_equal(link->hwaddr_len, sizeof(hwaddr));
  assert_memory_equal(link->hwaddr, hwaddr, sizeof(hwaddr));
  osh_snapshot_free(&snapshot);
}

static void test_merge_keeps_name_and_flags(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 5, OSH_LINK_NAME, "name");
  add_flags(&snapshot, OSH_LINK_FLAGS | OSH_LINK_HWADDR, "", IFF_UP);
  add_link(&snapshot, 5, 0, "");
  osh_sort_links(&snapshot);
  assert_int_equal(snapshot.link_count, 1);
  assert_int_equal(snapshot.links[0].facts, ALL_FACTS);
  assert_string_equal(snapshot.links[0].name, "name");
  assert_int_equal(snapshot.links[0].flags, IFF_UP);
  osh_snapshot_free(&snapshot);
}

static void test_merge_keeps_details(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    struct osh_snapshot snapshot = {.request.details = true};
    for (int i = 0; i < 2; i++) {
      struct osh_link *link = add_link(&snapshot, 5, i == 0 ? 0 : ALL_FACTS, "");
      if (i != which)
        continue;
      struct osh_link_details *details = osh_link_details(&snapshot, link);
      assert_non_null(details);
      details->mtu = 1500;
      details->facts = OSH_LINK_MTU;
    }
    osh_sort_links(&snapshot);
    assert_int_equal(snapshot.link_count, 1);
    assert_non_null(osh_link_details(&snapshot, &snapshot.links[0]));
    assert_int_equal(osh_link_details(&snapshot, &snapshot.links[0])->mtu, 1500);
    osh_snapshot_free(&snapshot);
  }
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
      bool exists = ifindex >= 10 && ifindex < 160 && (ifindex - 10) % 3 == 0;
      hint = hints[i];
      const struct osh_link *link = osh_find_link(&snapshot, ifindex, &hint);
      if (!exists) {
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

// From every hint the same link is found, and the hint is then its index.
static const struct osh_link *find_labelled(const struct osh_snapshot *snapshot,
                                            const char *label) {
  size_t hint = 0;
  const struct osh_link *found = osh_find_labelled_link(snapshot, label, &hint);
  for (size_t start = 0; start <= snapshot->link_count; start++) {
    hint = start;
    assert_ptr_equal(osh_find_labelled_link(snapshot, label, &hint), found);
    assert_int_equal(hint, found == NULL ? start : (size_t)(found - snapshot->links));
  }
  return found;
}

static void test_find_labelled(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 1, OSH_LINK_NAME, "eth");
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_link(&snapshot, 3, OSH_LINK_NAME, "fifteen-letters");
  add_link(&snapshot, 4, 0, "");
  assert_ptr_equal(find_labelled(&snapshot, "eth0:1"), &snapshot.links[1]);
  assert_ptr_equal(find_labelled(&snapshot, "eth0"), &snapshot.links[1]);
  assert_ptr_equal(find_labelled(&snapshot, "eth:"), &snapshot.links[0]);
  assert_ptr_equal(find_labelled(&snapshot, "fifteen-letters"), &snapshot.links[2]);
  assert_null(find_labelled(&snapshot, "et"));
  assert_null(find_labelled(&snapshot, "eth01"));
  assert_null(find_labelled(&snapshot, ":1"));
  assert_null(find_labelled(&snapshot, ""));
  osh_snapshot_free(&snapshot);
}

static void test_label_name_length(void **state) {
  (void)state;
  assert_int_equal(osh_label_name_length(""), 0);
  assert_int_equal(osh_label_name_length(":1"), 0);
  assert_int_equal(osh_label_name_length("eth0"), 4);
  assert_int_equal(osh_label_name_length("eth0:"), 4);
  assert_int_equal(osh_label_name_length("eth0:1:2"), 4);
  assert_int_equal(osh_label_name_length("fifteen-letters"), 15);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_ensure_link),
    cmocka_unit_test(test_sort_merges),
    cmocka_unit_test(test_sort_few),
    cmocka_unit_test(test_merge_prefers_more_facts),
    cmocka_unit_test(test_merge_prefers_values_of_more_facts),
    cmocka_unit_test(test_merge_prefers_kernel_flags),
    cmocka_unit_test(test_merge_keeps_inferred_flags),
    cmocka_unit_test(test_merge_keeps_facts_of_both),
    cmocka_unit_test(test_merge_keeps_name_and_flags),
    cmocka_unit_test(test_merge_keeps_details),
    cmocka_unit_test(test_find),
    cmocka_unit_test(test_find_extremes),
    cmocka_unit_test(test_find_labelled),
    cmocka_unit_test(test_label_name_length),
};

RUN_TESTS(tests)
