// core/snapshot.c: how the arrays grow, and what counts when two snapshots are compared.

#include "elements.h"

#include <errno.h>
#include <stdbool.h>

static void assert_zeroed(const void *element, size_t size) {
  const unsigned char *bytes = element;
  for (size_t i = 0; i < size; i++)
    assert_int_equal(bytes[i], 0);
}

// Each appends up to `count` elements, each with its number, and checks all of them.
static void fill_links(struct osh_snapshot *snapshot, size_t count) {
  while (snapshot->link_count < count) {
    uint32_t number = (uint32_t)snapshot->link_count;
    struct osh_link *link = osh_add_link(snapshot);
    assert_non_null(link);
    assert_ptr_equal(link, &snapshot->links[number]);
    const uint32_t details = link->details;
    link->details = 0;
    assert_zeroed(link, sizeof(*link));
    memset(link, 0xa5, sizeof(*link));
    link->ifindex = number;
    link->details = details;
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
    const uint32_t details = address->details;
    address->details = 0;
    assert_zeroed(address, sizeof(*address));
    memset(address, 0xa5, sizeof(*address));
    address->ifindex = number;
    address->details = details;
  }
  for (size_t i = 0; i < count; i++)
    assert_int_equal(snapshot->addresses[i].ifindex, i);
}

static void fill_omissions(struct osh_snapshot *snapshot, size_t count) {
  while (snapshot->omission_count < count) {
    struct osh_address address = {.family = (uint8_t)snapshot->omission_count, .label = "eth0:1"};
    memset(address.bytes, (int)snapshot->omission_count, sizeof(address.bytes));
    assert_int_equal(osh_add_omission(snapshot, &address), 0);
  }
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(snapshot->omissions[i].family, (uint8_t)i);
    assert_int_equal(snapshot->omissions[i].bytes[15], (uint8_t)i);
    assert_string_equal(snapshot->omissions[i].label, "eth0:1");
  }
}

// Of every link and address that is there.
static void fill_details(struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link_details *details = osh_link_details(snapshot, &snapshot->links[i]);
    assert_non_null(details);
    assert_zeroed(details, sizeof(*details));
    memset(details, 0xa5, sizeof(*details));
    details->mtu = (uint32_t)i;
  }
  for (size_t i = 0; i < snapshot->address_count; i++) {
    struct osh_address_details *details = osh_address_details(snapshot, &snapshot->addresses[i]);
    assert_non_null(details);
    assert_zeroed(details, sizeof(*details));
    memset(details, 0xa5, sizeof(*details));
    details->flags = (uint32_t)i;
  }
  for (size_t i = 0; i < snapshot->link_count; i++)
    assert_int_equal(osh_link_details(snapshot, &snapshot->links[i])->mtu, i);
  for (size_t i = 0; i < snapshot->address_count; i++)
    assert_int_equal(osh_address_details(snapshot, &snapshot->addresses[i])->flags, i);
}

static void test_growth(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {.request.details = true};
  fill_links(&snapshot, 1030);
  fill_addresses(&snapshot, 1030);
  fill_omissions(&snapshot, 1030);
  fill_details(&snapshot);
  osh_snapshot_free(&snapshot);
}

// A repeated read refills the same arrays, and links are removed from their middle: the count alone
// must say whether there is room, whatever it was before.
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

static void test_clear(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {.request = {.sources = 5, .details = true}, .missing = 3};
  osh_record_failure(&snapshot.attempts[1], "call", -EPERM);
  for (int round = 0; round < 3; round++) {
    fill_links(&snapshot, 40);
    fill_addresses(&snapshot, 40);
    fill_omissions(&snapshot, 40);
    fill_details(&snapshot);
    assert_int_equal(osh_add_alternative_name(&snapshot, 7, "name", 4), 0);
    osh_snapshot_clear(&snapshot);
    assert_int_equal(snapshot.link_count, 0);
    assert_int_equal(snapshot.address_count, 0);
    assert_int_equal(snapshot.omission_count, 0);
    assert_int_equal(snapshot.link_details_count, 0);
    assert_int_equal(snapshot.address_details_count, 0);
    assert_int_equal(snapshot.alternative_name_count, 0);
    assert_int_equal(snapshot.request.sources, 5);
    assert_true(snapshot.request.details);
    assert_int_equal(snapshot.attempts[1].error, -EPERM);
  }
  osh_snapshot_free(&snapshot);
}

static void test_release(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  osh_snapshot_free(&snapshot);
  snapshot.request.details = true;
  fill_links(&snapshot, 1);
  fill_addresses(&snapshot, 1);
  fill_details(&snapshot);
  assert_int_equal(osh_add_alternative_name(&snapshot, 7, "name", 4), 0);
  snapshot.missing = OSH_FACT_LINKS | OSH_FACT_IPV4;
  osh_snapshot_free(&snapshot);
  assert_zeroed(&snapshot, sizeof(snapshot));
  osh_snapshot_free(&snapshot);
}

static void test_details_only_if_requested(void **state) {
  (void)state;
  for (int details = 0; details < 2; details++) {
    struct osh_snapshot snapshot = {.request.details = details != 0};
    const struct osh_link *link = add_link(&snapshot, 1, 0, "");
    const struct osh_address *address = add_address(&snapshot, 1, "10.0.0.1", "");
    assert_ptr_equal(osh_link_details(&snapshot, link), snapshot.link_details);
    assert_ptr_equal(osh_address_details(&snapshot, address), snapshot.address_details);
    assert_int_equal(snapshot.link_details_count, details);
    assert_int_equal(snapshot.address_details_count, details);
    osh_snapshot_free(&snapshot);
  }
}

static void test_alternative_names(void **state) {
  (void)state;
  char name[200];
  memset(name, 'a', sizeof(name));
  struct osh_snapshot snapshot = {0};
  assert_int_equal(osh_add_alternative_name(&snapshot, 7, "enp3s0", 6), 0);
  assert_int_equal(osh_add_alternative_name(&snapshot, 8, "terminated", 11), 0);
  assert_int_equal(osh_add_alternative_name(&snapshot, 9, name, 127), 0);
  assert_int_equal(snapshot.alternative_name_count, 3);
  assert_int_equal(snapshot.alternative_names[0].ifindex, 7);
  assert_string_equal(snapshot.alternative_names[0].name, "enp3s0");
  assert_int_equal(snapshot.alternative_names[1].ifindex, 8);
  assert_string_equal(snapshot.alternative_names[1].name, "terminated");
  assert_int_equal(strlen(snapshot.alternative_names[2].name), 127);
  assert_int_equal(osh_add_alternative_name(&snapshot, 9, name, 128), 0); // too long
  assert_int_equal(osh_add_alternative_name(&snapshot, 9, name, 200), 0);
  assert_int_equal(snapshot.alternative_name_count, 3);
  for (uint32_t i = 3; i < 100; i++)
    assert_int_equal(osh_add_alternative_name(&snapshot, i, "more", 4), 0);
  assert_string_equal(snapshot.alternative_names[0].name, "enp3s0");
  assert_int_equal(snapshot.alternative_names[99].ifindex, 99);
  osh_snapshot_free(&snapshot);
}

static void test_first_failure_stays(void **state) {
  (void)state;
  struct osh_attempt attempt = {0};
  osh_record_failure(&attempt, "first", -1);
  osh_record_failure(&attempt, "second", -2);
  assert_string_equal(attempt.call, "first");
  assert_int_equal(attempt.error, -1);
}

// A refusal does not hide a shortage, nor does a change or another shortage.
static void test_shortage_comes_first(void **state) {
  (void)state;
  struct osh_attempt attempt = {0};
  osh_record_shortage(&attempt, "refused", -EPERM);
  assert_int_equal(attempt.error, 0);
  osh_record_failure(&attempt, "refused", -EPERM);
  osh_record_shortage(&attempt, "short", -EMFILE);
  osh_record_failure(&attempt, "short, too", -ENOMEM);
  osh_record_failure(&attempt, "refused, too", -EACCES);
  osh_record_change(&attempt, "changed");
  assert_int_equal(attempt.error, -EMFILE);
  assert_string_equal(attempt.call, "short");
}

// Two links, two addresses and an omission over `padding`, so that only members can be equal.
static struct osh_snapshot make_snapshot(uint8_t padding) {
  struct osh_snapshot snapshot = {.request.details = true};
  for (int i = 0; i < 2; i++) {
    struct osh_link *link = osh_add_link(&snapshot);
    struct osh_address *address = osh_add_address(&snapshot);
    assert_non_null(link);
    assert_non_null(address);
    const uint32_t details = address->details;
    memset(address, padding, sizeof(*address));
    address->details = details;
    *link = (struct osh_link){
        .details = link->details, .ifindex = 4, .flags = 5, .type = 6, .facts = 7, .hwaddr_len = 8};
    memset(link->hwaddr, 9, sizeof(link->hwaddr));
    memcpy(link->name, "eth0", 5);
    address->family = AF_INET;
    address->prefix_len = 24;
    address->facts = 1;
    memset(address->bytes, 10, sizeof(address->bytes));
    memcpy(address->label, "eth0:1", 7);
    address->ifindex = 4;
    address->link = address->mac_link = 0;
  }
  assert_int_equal(osh_add_omission(&snapshot, &snapshot.addresses[1]), 0);
  return snapshot;
}

// Changes one byte of the second of two equal snapshots, compares them, and restores it.
static bool equals_with_change(const struct osh_snapshot *a, const struct osh_snapshot *b,
                               void *byte) {
  *(uint8_t *)byte ^= 0x40;
  bool equal = osh_snapshot_equals(a, b) || osh_snapshot_equals(b, a);
  *(uint8_t *)byte ^= 0x40;
  assert_true(osh_snapshot_equals(a, b));
  return equal;
}

static void test_equals(void **state) {
  (void)state;
  const struct osh_snapshot empty = {0};
  struct osh_snapshot a = make_snapshot(0);
  struct osh_snapshot b = make_snapshot(0xff);
  assert_true(osh_snapshot_equals(&empty, &empty));
  assert_true(osh_snapshot_equals(&a, &a));
  assert_true(osh_snapshot_equals(&a, &b));
  assert_false(osh_snapshot_equals(&a, &empty));
  assert_false(osh_snapshot_equals(&empty, &a));
  osh_snapshot_free(&a);
  osh_snapshot_free(&b);
}

#define DIFFERS(member)                                                                            \
  if (equals_with_change(&a, &b, &(member)))                                                       \
  fail_msg("%s does not count", #member)

static void test_equals_counts_members(void **state) {
  (void)state;
  struct osh_snapshot a = make_snapshot(0);
  struct osh_snapshot b = make_snapshot(0);
  struct osh_address *address = &b.addresses[1];
  struct osh_omission *omission = &b.omissions[0];
  DIFFERS(address->family);
  DIFFERS(address->prefix_len);
  DIFFERS(address->facts);
  DIFFERS(address->bytes[0]);
  DIFFERS(address->bytes[15]);
  DIFFERS(address->label[5]);
  DIFFERS(address->ifindex);
  // By its ifindex, whatever its index.
  DIFFERS(b.links[0].ifindex);
  address->mac_link = OSH_NO_LINK;
  assert_false(osh_snapshot_equals(&a, &b));
  address->mac_link = 0;
  DIFFERS(omission->family);
  DIFFERS(omission->bytes[15]);
  DIFFERS(omission->label[0]);
  osh_snapshot_free(&a);
  osh_snapshot_free(&b);
}

static void test_equals_counts_elements(void **state) {
  (void)state;
  struct osh_snapshot a = make_snapshot(0);
  struct osh_snapshot b = make_snapshot(0);
  size_t *const counts[] = {&b.address_count, &b.omission_count};
  for (size_t i = 0; i < LENGTH_OF(counts); i++) {
    --*counts[i];
    assert_false(osh_snapshot_equals(&a, &b));
    assert_false(osh_snapshot_equals(&b, &a));
    ++*counts[i];
    assert_true(osh_snapshot_equals(&a, &b));
  }
  osh_snapshot_free(&a);
  osh_snapshot_free(&b);
}

// Flags and statistics may change at any time; which link an address is on is what counts.
static void test_equals_ignores_links_and_details(void **state) {
  (void)state;
  struct osh_snapshot a = make_snapshot(0);
  struct osh_snapshot b = make_snapshot(0);
  struct osh_link_details *link = osh_link_details(&b, &b.links[0]);
  struct osh_address_details *address = osh_address_details(&b, &b.addresses[0]);
  assert_non_null(link);
  assert_non_null(address);
  link->stats.rx_bytes = 1;
  address->flags = 2;
  b.links[0].flags ^= IFF_UP;
  (void)add_link(&b, 99, 0, "more");
  osh_record_failure(&b.attempts[0], "call", -EPERM);
  assert_true(osh_snapshot_equals(&a, &b));
  assert_true(osh_snapshot_equals(&b, &a));
  osh_snapshot_free(&a);
  osh_snapshot_free(&b);
}

static void test_names(void **state) {
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
    cmocka_unit_test(test_shortage_comes_first),
    cmocka_unit_test(test_growth),
    cmocka_unit_test(test_growth_after_shrinking),
    cmocka_unit_test(test_clear),
    cmocka_unit_test(test_release),
    cmocka_unit_test(test_details_only_if_requested),
    cmocka_unit_test(test_alternative_names),
    cmocka_unit_test(test_first_failure_stays),
    cmocka_unit_test(test_equals),
    cmocka_unit_test(test_equals_counts_members),
    cmocka_unit_test(test_equals_counts_elements),
    cmocka_unit_test(test_equals_ignores_links_and_details),
    cmocka_unit_test(test_names),
};

RUN_TESTS(tests)
