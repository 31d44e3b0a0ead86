// sources/ioctl_labels.c over a scripted kernel: which link an address is on if its label does not
// say so.

#include "answers.h"
#include "elements.h"

#include "sources/ioctl_labels.h"

#include <stdbool.h>

#define INFERRED OSH_ADDRESS_LINK_INFERRED
#define KNOWN OSH_ADDRESS_PREFIX_KNOWN

static void add_ipv4(struct osh_snapshot *snapshot, uint32_t ifindex, uint8_t facts,
                     const char *text, const char *label) {
  struct osh_address *address = add_address(snapshot, ifindex, text, label);
  address->facts = facts;
  address->prefix_len = facts & KNOWN ? 24 : 0;
}

// Checks labels on a socket of that family, which must use up the answers. A list that may have
// duplicates is always checked.
static size_t check_labels(struct osh_snapshot *snapshot, int family,
                           const struct answers *answers) {
  const struct osh_ioctl ioctl = {.fd = -1, .family = family};
  snapshot->has_duplicates = true;
  struct osh_attempt attempt = {0};
  uint8_t *copy = start_script(answers);
  size_t unlocated = osh_ioctl_check_labels(snapshot, &ioctl, &attempt);
  end_script(copy);
  assert_int_equal(attempt.error, 0);
  return unlocated;
}

static int search_links(struct osh_snapshot *snapshot, int family, const struct answers *answers) {
  const struct osh_ioctl ioctl = {.fd = -1, .family = family};
  struct osh_attempt attempt = {0};
  uint8_t *copy = start_script(answers);
  osh_ioctl_search_links(snapshot, &ioctl, true, &attempt);
  end_script(copy);
  return attempt.error;
}

static void assert_located(const struct osh_snapshot *snapshot, size_t i, uint32_t ifindex,
                           uint8_t facts) {
  assert_int_equal(snapshot->addresses[i].ifindex, ifindex);
  assert_int_equal(snapshot->addresses[i].facts, facts);
}

static void test_nothing_to_check(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  assert_int_equal(check_labels(&snapshot, AF_INET, &none), 0);
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.1", "eth0");
  add_address(&snapshot, 0, "2001:db8::1", ""); // IPv6 does not count
  assert_int_equal(check_labels(&snapshot, AF_INET, &none), 0);
  assert_located(&snapshot, 0, 2, KNOWN);
  osh_snapshot_free(&snapshot);
}

// Between two addresses of one link; not at the ends of the list, nor between two links.
static void test_enclosed(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "first");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.2", "eth0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.3", "none");
  add_ipv4(&snapshot, 0, 0, "10.0.0.4", "");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.5", "eth0:1");
  add_ipv4(&snapshot, 0, 0, "10.0.0.6", "between");
  add_ipv4(&snapshot, 3, KNOWN, "10.0.0.7", "eth1");
  add_ipv4(&snapshot, 0, 0, "10.0.0.8", "last");
  assert_int_equal(check_labels(&snapshot, AF_INET, &none), 3);
  static const uint32_t expected[] = {0, 2, 2, 2, 2, 0, 3, 0};
  for (size_t i = 0; i < LENGTH_OF(expected); i++)
    assert_int_equal(snapshot.addresses[i].ifindex, expected[i]);
  assert_int_equal(snapshot.addresses[2].facts, 0);
  osh_snapshot_free(&snapshot);
}

// On an AF_UNIX socket only labels say which link the two are on.
static void test_enclosed_by_inferred(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  add_ipv4(&snapshot, 2, INFERRED, "10.0.0.1", "eth0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.2", "none");
  add_ipv4(&snapshot, 0, 0, "10.0.0.3", "");
  add_ipv4(&snapshot, 2, INFERRED, "10.0.0.4", "eth0");
  assert_int_equal(check_labels(&snapshot, AF_UNIX, &none), 1);
  assert_located(&snapshot, 1, 2, INFERRED);
  assert_located(&snapshot, 2, 0, 0); // it would appear as eth0's
  osh_snapshot_free(&snapshot);
}

// The kernel answers about the first of equal addresses with one label.
static void test_duplicates(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {.request.details = true};
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.1", "eth0");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.2", "eth0");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.1", "eth0");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.1", "eth0:1");
  assert_int_equal(check_labels(&snapshot, AF_INET, &none), 0);
  assert_located(&snapshot, 0, 2, KNOWN | OSH_ADDRESS_PREFIX_INFERRED | INFERRED);
  assert_located(&snapshot, 1, 2, KNOWN);
  assert_located(&snapshot, 2, 2, INFERRED);
  assert_int_equal(snapshot.addresses[2].prefix_len, 0);
  // Its details are the first one's.
  assert_non_null(osh_address_details(&snapshot, &snapshot.addresses[0]));
  assert_null(osh_address_details(&snapshot, &snapshot.addresses[2]));
  assert_located(&snapshot, 3, 2, KNOWN); // another label
  osh_snapshot_free(&snapshot);
}

// About addresses under an empty label the kernel answers nothing.
static void test_duplicates_without_label(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  for (uint32_t ifindex = 2; ifindex < 4; ifindex++) {
    add_ipv4(&snapshot, ifindex, KNOWN, "10.0.1.1", "eth0");
    add_ipv4(&snapshot, 0, 0, "10.0.0.1", "");
    add_ipv4(&snapshot, ifindex, KNOWN, "10.0.1.2", "eth1");
  }
  snapshot.addresses[3].bytes[1] = 1; // not equal to the first
  snapshot.addresses[5].bytes[1] = 1;
  assert_int_equal(check_labels(&snapshot, AF_INET, &none), 0);
  assert_located(&snapshot, 1, 2, 0);
  assert_located(&snapshot, 4, 3, 0);
  osh_snapshot_free(&snapshot);
}

// On an AF_INET6 socket IP_MULTICAST_IF verifies the links that labels suggest.
static void test_verify_inferred(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  for (uint32_t i = 0; i < 4; i++) {
    char text[] = "10.0.0.1";
    text[7] = (char)('1' + i);
    add_ipv4(&snapshot, 2 + i, INFERRED, text, "eth0");
  }
  struct answers answers = {0};
  succeed(&answers, 0);     // socket
  succeed(&answers, 0);     // SO_BINDTOIFINDEX
  succeed(&answers, 0);     // IP_MULTICAST_IF: it is on this link
  succeed(&answers, 0);     // socket
  succeed(&answers, 0);     // SO_BINDTOIFINDEX
  refuse(&answers, EINVAL); // IP_MULTICAST_IF: it is on another one
  succeed(&answers, 0);     // socket
  refuse(&answers, EPERM);  // SO_BINDTOIFINDEX
  refuse(&answers, EPERM);  // socket
  assert_int_equal(check_labels(&snapshot, AF_INET6, &answers), 1);
  assert_located(&snapshot, 0, 2, 0);
  assert_located(&snapshot, 1, 0, 0);
  assert_located(&snapshot, 2, 4, INFERRED);
  assert_located(&snapshot, 3, 5, INFERRED);
  osh_snapshot_free(&snapshot);
}

static void answer_socket_on(struct answers *answers) {
  succeed(answers, 0); // socket
  succeed(answers, 0); // SO_BINDTOIFINDEX
}

// An address that one link has is on it; one that no link or several have (VRF) is omitted.
static void test_search_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_link(&snapshot, 3, OSH_LINK_NAME, "vrf0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "one");
  add_ipv4(&snapshot, 0, 0, "10.0.0.2", "both");
  add_ipv4(&snapshot, 2, KNOWN, "10.0.0.3", "eth0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.4", "none");
  add_ipv4(&snapshot, 0, 0, "10.0.0.5", "twice"); // not unique, so not searched for
  add_ipv4(&snapshot, 0, 0, "10.0.0.5", "twice too");
  add_address(&snapshot, 2, "2001:db8::1", "");
  struct answers answers = {0};
  answer_socket_on(&answers);
  refuse(&answers, EINVAL);
  succeed(&answers, 0);
  refuse(&answers, EINVAL);
  answer_socket_on(&answers);
  succeed(&answers, 0);
  succeed(&answers, 0);
  refuse(&answers, EINVAL);
  assert_int_equal(search_links(&snapshot, AF_INET, &answers), 0);
  assert_int_equal(snapshot.address_count, 3);
  assert_located(&snapshot, 0, 3, 0);
  assert_located(&snapshot, 1, 2, KNOWN);
  assert_int_equal(snapshot.addresses[2].family, AF_INET6);
  static const char *const omitted[] = {"both", "none", "twice", "twice too"};
  assert_int_equal(snapshot.omission_count, LENGTH_OF(omitted));
  for (size_t i = 0; i < LENGTH_OF(omitted); i++)
    assert_string_equal(snapshot.omissions[i].label, omitted[i]);
  osh_snapshot_free(&snapshot);
}

static void test_search_on_unix_socket(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "one");
  assert_int_equal(search_links(&snapshot, AF_UNIX, &none), 0);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.omission_count, 1);
  osh_snapshot_free(&snapshot);
}

static void test_search_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "one");
  struct answers answers = {0};
  succeed(&answers, 0);    // socket
  refuse(&answers, EPERM); // SO_BINDTOIFINDEX
  assert_int_equal(search_links(&snapshot, AF_INET, &answers), 0);
  assert_int_equal(snapshot.omission_count, 1);
  osh_snapshot_free(&snapshot);
}

// Renaming a link truncates its name in labels: then that is a beginning of the link's name.
static void test_truncated_labels(void **state) {
  (void)state;
  const struct answers none = {0};
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 2, OSH_LINK_NAME, "br-0123456789ab");
  add_link(&snapshot, 3, OSH_LINK_NAME, "enx0011223344");
  add_link(&snapshot, 4, OSH_LINK_NAME, "enx001122334455");
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "br-0123456789:2");
  add_ipv4(&snapshot, 3, INFERRED, "10.0.0.2", "enx0011223344:2"); // a link's whole name
  add_ipv4(&snapshot, 3, INFERRED, "10.0.0.3", "enx0011223344:");  // shorter, so not truncated
  add_ipv4(&snapshot, 0, 0, "10.0.0.4", "br-0123456789ab");        // no colon
  assert_int_equal(check_labels(&snapshot, AF_UNIX, &none), 3);
  assert_int_equal(search_links(&snapshot, AF_UNIX, &none), 0);
  assert_int_equal(snapshot.address_count, 2);
  assert_located(&snapshot, 0, 2, INFERRED);
  assert_located(&snapshot, 1, 3, INFERRED);
  assert_int_equal(snapshot.omission_count, 2);
  assert_string_equal(snapshot.omissions[0].label, "enx0011223344:2");
  assert_string_equal(snapshot.omissions[1].label, "br-0123456789ab");
  osh_snapshot_free(&snapshot);
}

// Without all links, another one's name may begin so, too.
static void test_truncated_label_without_all_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  const struct osh_ioctl ioctl = {.fd = -1, .family = AF_UNIX};
  struct osh_attempt attempt = {0};
  add_link(&snapshot, 2, OSH_LINK_NAME, "br-0123456789ab");
  add_ipv4(&snapshot, 0, 0, "10.0.0.1", "br-0123456789:2");
  osh_ioctl_search_links(&snapshot, &ioctl, false, &attempt);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.omission_count, 1);
  osh_snapshot_free(&snapshot);
}

static void test_shortage_during_a_search(void **state) {
  (void)state;
  for (int on_bind = 0; on_bind < 2; on_bind++) {
    struct osh_snapshot snapshot = {0};
    add_link(&snapshot, 2, OSH_LINK_NAME, "eth0");
    add_ipv4(&snapshot, 0, 0, "10.0.0.1", "one");
    struct answers answers = {0};
    if (on_bind)
      succeed(&answers, 0);
    refuse(&answers, on_bind ? ENOMEM : EMFILE);
    assert_int_equal(search_links(&snapshot, AF_INET, &answers), on_bind ? -ENOMEM : -EMFILE);
    osh_snapshot_free(&snapshot);
  }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_nothing_to_check),
    cmocka_unit_test(test_enclosed),
    cmocka_unit_test(test_enclosed_by_inferred),
    cmocka_unit_test(test_duplicates),
    cmocka_unit_test(test_verify_inferred),
    cmocka_unit_test(test_search_links),
    cmocka_unit_test(test_truncated_label_without_all_links),
    cmocka_unit_test(test_duplicates_without_label),
    cmocka_unit_test(test_truncated_labels),
    cmocka_unit_test(test_shortage_during_a_search),
    cmocka_unit_test(test_search_on_unix_socket),
    cmocka_unit_test(test_search_refused),
};

RUN_TESTS(tests)
