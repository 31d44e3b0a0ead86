// sources/ioctl.c over a scripted kernel: what addresses become if the socket does not answer about
// them. read_test.c has what Linux answers.

#include "answers.h"

#include "sources/ioctl.h"

#include <netinet/in.h>

// Reads 10.0.0.1 and 10.0.0.2 of eth0 from the AF_INET socket that comes first in the answers.
static struct osh_snapshot locate(const struct answers *answers, struct osh_ioctl *source,
                                  struct osh_attempt *attempt) {
  struct osh_snapshot snapshot = {.request.details = true};
  uint8_t *copy = start_script(answers);
  osh_ioctl_open(source, attempt);
  osh_ioctl_read_addresses(&snapshot, source, attempt);
  osh_ioctl_locate_addresses(&snapshot, source, attempt);
  osh_ioctl_close(source);
  end_script(copy);
  assert_int_equal(snapshot.address_count, 2);
  return snapshot;
}

// gVisor's sockets answer with ENOTTY, or about the first address of a link.
static void test_gvisor(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_ifconf(&answers, "eth0", "eth0");
  refuse(&answers, ENOTTY); // SIOCGIFINDEX
  succeed(&answers, 0);     // socket(AF_UNIX)
  answer_int(&answers, 7);
  for (int i = 0; i < 2; i++)
    for (int request = 0; request < 3; request++)
      refuse(&answers, ENOTTY); // SIOCGIFNETMASK, SIOCGIFBRDADDR, SIOCGIFDSTADDR
  refuse(&answers, ENOTTY);     // SIOCGIFADDR
  struct osh_ioctl source;
  struct osh_attempt attempt = {0};
  struct osh_snapshot snapshot = locate(&answers, &source, &attempt);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(snapshot.addresses[i].ifindex, 7);
    assert_int_equal(snapshot.addresses[i].facts, OSH_ADDRESS_LINK_INFERRED);
  }
  assert_int_equal(source.family, AF_UNIX);
  assert_int_equal(attempt.provided, OSH_FACT_IPV4);
  assert_int_equal(attempt.error, -ENOTTY);
  assert_string_equal(attempt.call, "ioctl(SIOCGIFNETMASK)");
  osh_snapshot_free(&snapshot);
}

// Details may be refused, but a shortage is recorded.
static void test_shortage_of_a_detail(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_ifconf(&answers, "eth0", "eth0");
  answer_int(&answers, 7); // SIOCGIFINDEX
  for (int i = 0; i < 2; i++) {
    answer_ipv4(&answers, "255.255.255.0");    // SIOCGIFNETMASK
    refuse(&answers, i == 0 ? EPERM : ENOMEM); // SIOCGIFBRDADDR
    answer_ipv4(&answers, "10.0.0.9");         // SIOCGIFDSTADDR
  }
  answer_ipv4(&answers, "10.0.0.1"); // SIOCGIFADDR
  answer_ipv4(&answers, "10.0.0.2");
  struct osh_ioctl source;
  struct osh_attempt attempt = {0};
  struct osh_snapshot snapshot = locate(&answers, &source, &attempt);
  assert_int_equal(attempt.error, -ENOMEM);
  assert_string_equal(attempt.call, "ioctl(SIOCGIFBRDADDR)");
  osh_snapshot_free(&snapshot);
}

// A policy that refuses one request: the other's answer is about the first address, and not used.
static void test_only_the_address_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_ifconf(&answers, "eth0", "eth0");
  answer_int(&answers, 7); // SIOCGIFINDEX
  for (int i = 0; i < 2; i++)
    for (int request = 0; request < 3; request++)
      answer_ipv4(&answers, "255.255.255.0");
  for (int i = 0; i < 3; i++)
    refuse(&answers, EPERM); // SIOCGIFADDR: of the first, and then of each
  struct osh_ioctl source;
  struct osh_attempt attempt = {0};
  struct osh_snapshot snapshot = locate(&answers, &source, &attempt);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(snapshot.addresses[i].ifindex, 0);
    assert_int_equal(snapshot.addresses[i].facts, 0);
    assert_int_equal(snapshot.addresses[i].prefix_len, 0);
  }
  assert_int_equal(source.family, AF_INET);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_gvisor),
    cmocka_unit_test(test_shortage_of_a_detail),
    cmocka_unit_test(test_only_the_address_refused),
};

RUN_TESTS(tests)
