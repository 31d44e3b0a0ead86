// The procfs source over a scripted kernel: which links /proc/net/dev adds, and its statistics.

#include "answers.h"
#include "elements.h"

#include "sources/procfs.h"

#include <errno.h>

#define DEV                                                                                        \
  "Inter-| Receive | Transmit\n face |bytes\n"                                                     \
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

// Addresses that cannot all be read are not there at all, nor are their links.
static void test_addresses_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  struct osh_attempt attempt = {0};
  struct answers answers = {0};
  add_address(&snapshot, 1, "127.0.0.1", "lo");
  succeed(&answers, 0); // open
  refuse(&answers, EIO);
  uint8_t *copy = start_script(&answers);
  osh_procfs_read_addresses(&snapshot, &attempt);
  end_script(copy);
  assert_int_equal(attempt.provided, 0);
  assert_string_equal(attempt.call, "read(/proc/net/if_inet6)");
  assert_int_equal(snapshot.address_count, 1);
  assert_int_equal(snapshot.link_count, 0);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_links),
    cmocka_unit_test(test_links_refused),
    cmocka_unit_test(test_addresses_refused),
};

RUN_TESTS(tests)
