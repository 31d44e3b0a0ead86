// sources/rtnetlink.c over a scripted kernel: which dumps and ioctls a request makes, and what
// remains if one of them fails.

#include "datagrams.h"

#include "sources/rtnetlink.h"

#define ADDRESS_FACTS (OSH_FACT_IPV4 | OSH_FACT_IPV6)
#define COMPLETE (OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR)

// A socket, and an address on link 7.
static void answer_addresses(struct answers *answers, uint16_t flags) {
  struct datagram datagram = {.length = 0};
  add_address_message(&datagram, 7);
  add_end(&datagram, 0, flags);
  answers->length = 0;
  succeed(answers, 0); // socket
  answer_dump(answers, &datagram);
}

// Links 7 and 8.
static void answer_links(struct answers *answers, uint16_t flags) {
  struct datagram datagram = {.length = 0};
  add_link_message(&datagram, AF_UNSPEC, 8, "eth1");
  add_link_message(&datagram, AF_UNSPEC, 7, "eth0");
  add_end(&datagram, 0, flags);
  answer_dump(answers, &datagram);
}

struct result {
  struct osh_snapshot snapshot;
  struct osh_attempt attempt;
  bool consistent;
};

static struct result read_answers(struct osh_request request, const struct answers *answers) {
  struct result result = {.snapshot.request = request,
                          .attempt.requested = OSH_FACT_LINKS | ADDRESS_FACTS |
                                               (request.all_links ? OSH_FACT_ALL_LINKS : 0u)};
  uint8_t *copy = start_script(answers);
  result.consistent = osh_rtnetlink_read(&result.snapshot, &result.attempt);
  end_script(copy);
  return result;
}

static void assert_result(struct result *result, unsigned provided, int error, const char *call) {
  assert_int_equal(result->attempt.provided, provided);
  assert_int_equal(result->attempt.error, error);
  if (call == NULL)
    assert_null(result->attempt.call);
  else
    assert_string_equal(result->attempt.call, call);
  // Without addresses, nothing is left.
  assert_int_equal(result->snapshot.address_count, provided == 0 ? 0 : 1);
  if (provided == 0)
    assert_int_equal(result->snapshot.link_count, 0);
  osh_snapshot_free(&result->snapshot);
}

// Without details the links are completed by ioctls on the same socket.
static void test_links_by_ioctl(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  answer_link_ioctls(&answers);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_true(result.consistent);
  assert_int_equal(result.snapshot.link_count, 1);
  assert_string_equal(result.snapshot.links[0].name, "eth0");
  assert_int_equal(result.snapshot.links[0].facts, COMPLETE);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

static void test_links_by_dump(void **state) {
  (void)state;
  for (int bits = 1; bits < 4; bits++) {
    const struct osh_request request = {.all_links = bits & 1, .details = bits & 2};
    struct answers answers;
    answer_addresses(&answers, 0);
    answer_links(&answers, 0);
    struct result result = read_answers(request, &answers);
    assert_true(result.consistent);
    assert_int_equal(result.snapshot.link_count, 2);
    assert_int_equal(result.snapshot.links[0].ifindex, 7);
    assert_string_equal(result.snapshot.links[1].name, "eth1");
    assert_int_equal(result.snapshot.link_details_count, request.details ? 2 : 0);
    assert_int_equal(result.snapshot.links[0].order, 2);
    assert_result(&result,
                  OSH_FACT_LINKS | ADDRESS_FACTS | (request.all_links ? OSH_FACT_ALL_LINKS : 0u), 0,
                  NULL);
  }
}

// A dump of all links is complete: a label that names none of them needs no request.
static void test_dump_needs_no_ioctl(void **state) {
  (void)state;
  struct datagram datagram = {.length = 0};
  struct message message;
  start_address_message(&message, AF_INET, 24);
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  add_attribute(&message, IFA_LABEL, "frob", sizeof("frob"));
  add_message(&datagram, &message);
  add_end(&datagram, 0, 0);
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_dump(&answers, &datagram);
  answer_links(&answers, 0);
  struct result result = read_answers((struct osh_request){.details = true}, &answers);
  assert_true(result.consistent);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

// A link is removed, and the dump refused: the addresses are as good as before, and read again.
static void test_link_removed_and_dump_refused(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  refuse(&answers, ENODEV); // SIOCGIFNAME
  refuse(&answers, EACCES); // sendto
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_false(result.consistent);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

// If RTM_GETLINK is refused, as on Android, ioctls complete the links of the addresses.
static void test_link_dump_refused(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  refuse(&answers, EACCES); // sendto
  answer_link_ioctls(&answers);
  struct result result = read_answers((struct osh_request){.all_links = true}, &answers);
  assert_true(result.consistent);
  assert_int_equal(result.snapshot.link_count, 1);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, -EACCES, "sendto(RTM_GETLINK)");
}

static void test_ioctl_refused(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  refuse(&answers, EPERM); // SIOCGIFNAME
  answer_links(&answers, 0);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_true(result.consistent);
  assert_int_equal(result.snapshot.links[0].facts, COMPLETE);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

static void test_ioctl_and_link_dump_refused(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  refuse(&answers, EPERM);  // SIOCGIFNAME
  refuse(&answers, EACCES); // sendto
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_int_equal(result.snapshot.link_count, 1);
  assert_int_equal(result.snapshot.links[0].facts, 0);
  assert_result(&result, ADDRESS_FACTS, -EACCES, "sendto(RTM_GETLINK)");
}

// A link that has addresses and that the dump does not list is gone.
static void test_dump_without_the_link(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  struct datagram datagram = {.length = 0};
  add_link_message(&datagram, AF_UNSPEC, 8, "eth1");
  add_end(&datagram, 0, 0);
  answer_dump(&answers, &datagram);
  struct result result = read_answers((struct osh_request){.all_links = true}, &answers);
  assert_int_equal(result.snapshot.link_count, 1);
  assert_int_equal(result.snapshot.links[0].ifindex, 8);
  assert_result(&result, OSH_FACT_LINKS | OSH_FACT_ALL_LINKS | ADDRESS_FACTS, 0, NULL);
}

// From 32 links on, an AF_INET6 dump, and ioctls for the links that it does not list.
static void test_many_links(void **state) {
  (void)state;
  struct datagram addresses = {.length = 0};
  struct datagram links = {.length = 0};
  for (uint32_t i = 1; i <= 32; i++)
    add_address_message(&addresses, i);
  for (int32_t i = 2; i <= 40; i++)
    add_link_message(&links, AF_INET6, i, "n");
  add_end(&addresses, 0, 0);
  add_end(&links, 0, 0);
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_dump(&answers, &addresses);
  answer_dump(&answers, &links);
  answer_link_ioctls(&answers); // of link 1
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_true(result.consistent);
  assert_int_equal(result.attempt.error, 0);
  assert_int_equal(result.snapshot.link_count, 32); // none that no address is on
  for (size_t i = 0; i < 32; i++)
    assert_int_equal(result.snapshot.links[i].facts, COMPLETE);
  osh_snapshot_free(&result.snapshot);
}

static void test_interrupted_dumps(void **state) {
  (void)state;
  for (int which = 0; which < 2; which++) {
    struct answers answers;
    answer_addresses(&answers, which == 0 ? NLM_F_DUMP_INTR : 0);
    answer_links(&answers, which == 1 ? NLM_F_DUMP_INTR : 0);
    struct result result = read_answers((struct osh_request){.all_links = true}, &answers);
    assert_false(result.consistent);
    assert_result(&result, OSH_FACT_LINKS | OSH_FACT_ALL_LINKS | ADDRESS_FACTS, 0, NULL);
  }
}

static void test_link_renamed(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  refuse(&answers, ENODEV); // SIOCGIFNAME
  answer_links(&answers, NLM_F_DUMP_INTR);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_false(result.consistent);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

static void test_socket_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  refuse(&answers, EAFNOSUPPORT);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_result(&result, 0, -EAFNOSUPPORT, "socket(AF_NETLINK)");
}

static void test_address_dump_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);     // socket
  refuse(&answers, EACCES); // sendto
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_result(&result, 0, -EACCES, "sendto(RTM_GETADDR)");
}

static void test_address_dump_fails(void **state) {
  (void)state;
  struct datagram datagram = {.length = 0};
  add_address_message(&datagram, 7);
  add_end(&datagram, -ENOBUFS, 0);
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_dump(&answers, &datagram);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_result(&result, 0, -ENOBUFS, "recvmsg(RTM_GETADDR)");
}

// A datagram of another process, one that a signal delays, and one that comes late.
static void test_skipped_and_late_datagrams(void **state) {
  (void)state;
  struct datagram foreign = {.length = 0};
  struct datagram datagram = {.length = 0};
  add_address_message(&foreign, 9);
  add_address_message(&datagram, 7);
  add_end(&datagram, 0, 0);
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_dump(&answers, &foreign);
  answers.bytes[2] = SCRIPT_FOREIGN;
  refuse(&answers, EINTR);  // recvmsg
  refuse(&answers, EAGAIN); // recvmsg
  succeed(&answers, 0);     // poll
  answer_bytes(&answers, datagram.bytes, datagram.length);
  answer_link_ioctls(&answers);
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_int_equal(result.snapshot.addresses[0].ifindex, 7);
  assert_result(&result, OSH_FACT_LINKS | ADDRESS_FACTS, 0, NULL);
}

static void test_truncated_datagram(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 0);
  answers.bytes[2] = SCRIPT_TRUNCATED;
  struct result result = read_answers((struct osh_request){0}, &answers);
  assert_result(&result, 0, -EMSGSIZE, "recvmsg(RTM_GETADDR)");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_links_by_ioctl),
    cmocka_unit_test(test_links_by_dump),
    cmocka_unit_test(test_dump_needs_no_ioctl),
    cmocka_unit_test(test_link_removed_and_dump_refused),
    cmocka_unit_test(test_link_dump_refused),
    cmocka_unit_test(test_ioctl_refused),
    cmocka_unit_test(test_ioctl_and_link_dump_refused),
    cmocka_unit_test(test_dump_without_the_link),
    cmocka_unit_test(test_many_links),
    cmocka_unit_test(test_interrupted_dumps),
    cmocka_unit_test(test_link_renamed),
    cmocka_unit_test(test_socket_refused),
    cmocka_unit_test(test_address_dump_refused),
    cmocka_unit_test(test_address_dump_fails),
    cmocka_unit_test(test_skipped_and_late_datagrams),
    cmocka_unit_test(test_truncated_datagram),
};

RUN_TESTS(tests)
