// How long sources/rtnetlink.c waits for replies that do not come, in the time of the scripted
// kernel: half a second for all requests of a read together.

#include "datagrams.h"

#include "read.h"
#include "sources/rtnetlink.h"

#define ADDRESS_FACTS (OSH_FACT_IPV4 | OSH_FACT_IPV6)
#define LIMIT_MS 500
// As many as make a read take a dump of links.
#define MANY_LINKS 32

struct expected {
  unsigned provided;
  int error;
  const char *call;
  int waited_ms;
};

static void assert_read(struct osh_request request, const struct answers *answers,
                        struct expected expected) {
  struct osh_snapshot snapshot = {.request = request};
  struct osh_attempt attempt = {.requested = OSH_FACT_LINKS | ADDRESS_FACTS};
  uint8_t *copy = start_script(answers);
  (void)osh_rtnetlink_read(&snapshot, &attempt);
  end_script(copy);
  osh_snapshot_free(&snapshot);
  assert_int_equal(attempt.provided, expected.provided);
  assert_int_equal(attempt.error, expected.error);
  assert_string_equal(attempt.call, expected.call);
  assert_int_equal(script_waited_ms(), expected.waited_ms);
}

static void answer_addresses(struct answers *answers, uint32_t links) {
  struct datagram datagram = {.length = 0};
  for (uint32_t i = 1; i <= links; i++)
    add_address_message(&datagram, i);
  add_end(&datagram, 0, 0);
  answers->length = 0;
  succeed(answers, 0); // socket
  answer_dump(answers, &datagram);
}

static void test_no_reply(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);              // socket
  succeed(&answers, 0);              // sendto
  refuse(&answers, EAGAIN);          // recvmsg
  succeed(&answers, SCRIPT_TIMEOUT); // poll
  assert_read((struct osh_request){0}, &answers,
              (struct expected){0, -ETIMEDOUT, "recvmsg(RTM_GETADDR)", LIMIT_MS});
}

// As a filter does that returns 0 instead of an errno.
static void test_request_swallowed(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);                // socket
  succeed(&answers, SCRIPT_SWALLOWED); // sendto
  assert_read((struct osh_request){0}, &answers,
              (struct expected){0, -ETIMEDOUT, "sendto(RTM_GETADDR)", 0});
}

static void test_signals_do_not_prolong(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  succeed(&answers, 0); // sendto
  for (int i = 0; i < LIMIT_MS; i++) {
    refuse(&answers, EAGAIN); // recvmsg
    refuse(&answers, EINTR);  // poll, after a millisecond
  }
  refuse(&answers, EAGAIN); // recvmsg
  assert_read((struct osh_request){0}, &answers,
              (struct expected){0, -ETIMEDOUT, "recvmsg(RTM_GETADDR)", LIMIT_MS});
}

static void test_one_wait_for_both_dumps(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, 1);
  succeed(&answers, 0);              // sendto
  refuse(&answers, EAGAIN);          // recvmsg
  succeed(&answers, SCRIPT_TIMEOUT); // poll
  refuse(&answers, EPERM);           // SIOCGIFNAME
  succeed(&answers, 0);              // sendto
  refuse(&answers, EAGAIN);          // recvmsg
  assert_read((struct osh_request){.details = true}, &answers,
              (struct expected){ADDRESS_FACTS, -ETIMEDOUT, "recvmsg(RTM_GETLINK)", LIMIT_MS});
}

// ioctls find all that the dump would have saved. But the read that waited says so.
static void test_wait_without_loss(void **state) {
  (void)state;
  struct answers answers;
  answer_addresses(&answers, MANY_LINKS);
  succeed(&answers, 0);              // sendto
  refuse(&answers, EAGAIN);          // recvmsg
  succeed(&answers, SCRIPT_TIMEOUT); // poll
  for (int i = 0; i < MANY_LINKS; i++)
    answer_link_ioctls(&answers);
  assert_read((struct osh_request){0}, &answers,
              (struct expected){OSH_FACT_LINKS | ADDRESS_FACTS, -ETIMEDOUT, "recvmsg(RTM_GETLINK)",
                                LIMIT_MS});
}

// A change interrupted the dump of the addresses, so the read would be repeated, and wait again.
static void test_no_other_read_after_a_wait(void **state) {
  (void)state;
  struct datagram datagram = {.length = 0};
  add_address_message(&datagram, 1);
  add_end(&datagram, 0, NLM_F_DUMP_INTR);
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_dump(&answers, &datagram);
  succeed(&answers, 0);              // sendto
  refuse(&answers, EAGAIN);          // recvmsg
  succeed(&answers, SCRIPT_TIMEOUT); // poll
  answer_link_ioctls(&answers);
  uint8_t *copy = start_script(&answers);
  struct osh_snapshot snapshot;
  const struct osh_request request = {.sources = OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK),
                                      .all_links = true};
  assert_int_equal(osh_read(&snapshot, request), 0);
  end_script(copy);
  assert_int_equal(script_waited_ms(), LIMIT_MS);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_RTNETLINK].error, -EINTR);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_reply),
    cmocka_unit_test(test_request_swallowed),
    cmocka_unit_test(test_signals_do_not_prolong),
    cmocka_unit_test(test_one_wait_for_both_dumps),
    cmocka_unit_test(test_wait_without_loss),
    cmocka_unit_test(test_no_other_read_after_a_wait),
};

RUN_TESTS(tests)
