// The procfs source over a scripted kernel: which links /proc/net/dev adds, and its statistics.

#include "answers.h"
#include "elements.h"

#include "sources/procfs.h"

#include <errno.h>

#define DEV                                                                                        \
  DEV_HEADING                                                                                      \
  "  eth0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"                                                      \
  "  bare: 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"

static bool read_links(struct osh_snapshot *snapshot, const struct answers *answers,
                       struct osh_attempt *attempt) {
  uint8_t *copy = start_script(answers);
  bool read = osh_procfs_read_links(snapshot, attempt);
  end_script(copy);
  return read;
}

// A link that is known keeps its ifindex; another one has none yet.
static void test_links(void **state) {
  (void)state;
  for (int details = 0; details < 2; details++) {
    struct osh_snapshot snapshot = {.request.details = details != 0};
    struct osh_attempt attempt = {0};
    struct answers answers = {0};
    add_link(&snapshot, 4, OSH_LINK_NAME, "eth0");
    answer_file(&answers, DEV);
    assert_true(read_links(&snapshot, &answers, &attempt));
    assert_int_equal(snapshot.link_count, 2);
    assert_int_equal(snapshot.links[0].ifindex, 4);
    assert_int_equal(snapshot.links[1].ifindex, 0);
    assert_string_equal(snapshot.links[1].name, "bare");
    assert_int_equal(snapshot.links[1].facts, OSH_LINK_NAME);
    for (size_t i = 0; i < 2; i++) {
      const struct osh_link_details *found = osh_link_details(&snapshot, &snapshot.links[i]);
      assert_int_equal(found != NULL, details);
      if (found != NULL) {
        assert_int_equal(found->facts, OSH_LINK_STATS);
        assert_int_equal(found->stats.rx_bytes, i + 1);
      }
    }
    osh_snapshot_free(&snapshot);
  }
}

static void test_links_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  struct osh_attempt attempt = {0};
  struct answers answers = {0};
  refuse(&answers, EACCES); // /proc/thread-self
  refuse(&answers, EACCES); // /proc/self
  assert_false(read_links(&snapshot, &answers, &attempt));
  assert_int_equal(snapshot.link_count, 0);
  assert_string_equal(attempt.call, "open(/proc/net/dev)");
  assert_int_equal(attempt.error, -EACCES);
}

static void test_links_in_another_format(void **state) {
  (void)state;
  static const char *const files[] = {DEV "frob\n", "  eth0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
                                      "a\nb\n"};
  for (size_t i = 0; i < LENGTH_OF(files); i++) {
    struct osh_snapshot snapshot = {0};
    struct osh_attempt attempt = {0};
    struct answers answers = {0};
    answer_file(&answers, files[i]);
    assert_false(read_links(&snapshot, &answers, &attempt));
    assert_int_equal(snapshot.link_count, 0);
    assert_string_equal(attempt.call, "read(/proc/net/dev)");
    assert_int_equal(attempt.error, -EBADMSG);
    osh_snapshot_free(&snapshot);
  }
}

// Reads addresses after an IPv4 address, and asserts that none is added, nor a link.
static void assert_no_addresses(const struct answers *answers, int error, const char *call) {
  struct osh_snapshot snapshot = {0};
  struct osh_attempt attempt = {0};
  add_address(&snapshot, 1, "127.0.0.1", "lo");
  uint8_t *copy = start_script(answers);
  osh_procfs_read_addresses(&snapshot, &attempt);
  end_script(copy);
  assert_int_equal(attempt.provided, 0);
  assert_int_equal(attempt.error, error);
  assert_string_equal(attempt.call, call);
  assert_int_equal(snapshot.address_count, 1);
  assert_int_equal(snapshot.link_count, 0);
  osh_snapshot_free(&snapshot);
}

static void test_addresses_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // open
  refuse(&answers, EIO);
  assert_no_addresses(&answers, -EIO, "read(/proc/net/if_inet6)");
}

// One line that does not parse costs the others: nothing says what it was.
static void test_addresses_in_another_format(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_file(&answers, "20010db8000000000000000000000001 07 40 00 80 eth0\nfrob\n");
  assert_no_addresses(&answers, -EBADMSG, "read(/proc/net/if_inet6)");
}

// A shortage is no sign of a kernel without IPv6.
static void test_shortage_beside_no_if_inet6(void **state) {
  (void)state;
  struct answers answers = {0};
  for (int i = 0; i < 2; i++)
    refuse(&answers, ENOENT); // if_inet6
  refuse(&answers, EMFILE);   // dev
  assert_no_addresses(&answers, -EMFILE, "open(/proc/net/dev)");
}

static void test_unchecked(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  struct osh_attempt attempt = {0};
  struct answers answers = {0};
  answer_file(&answers, "20010db8000000000000000000000001 07 40 00 80 eth0\n"
                        "20010db8000000000000000000000002 07 40 00 c0 eth0\n"
                        "20010db8000000000000000000000003 07 40 00 82 eth0\n");
  uint8_t *copy = start_script(&answers);
  osh_procfs_read_addresses(&snapshot, &attempt);
  end_script(copy);
  assert_int_equal(snapshot.addresses[0].facts, OSH_ADDRESS_PREFIX_KNOWN);
  for (size_t i = 1; i < 3; i++)
    assert_int_equal(snapshot.addresses[i].facts, OSH_ADDRESS_PREFIX_KNOWN | OSH_ADDRESS_UNCHECKED);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_links),
    cmocka_unit_test(test_links_refused),
    cmocka_unit_test(test_links_in_another_format),
    cmocka_unit_test(test_addresses_refused),
    cmocka_unit_test(test_addresses_in_another_format),
    cmocka_unit_test(test_shortage_beside_no_if_inet6),
    cmocka_unit_test(test_unchecked),
};

RUN_TESTS(tests)
