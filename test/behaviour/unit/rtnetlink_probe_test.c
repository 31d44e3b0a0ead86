// osh_rtnetlink_probe() over a scripted kernel: which call it names, and that it makes no more
// after the first that fails.

#include "answers.h"
#include "message.h"

#include "sources/rtnetlink.h"

// The calls in their order; each request of a dump has its answer after it.
static const char *const calls[] = {
    "socket(AF_NETLINK)",   "bind(AF_NETLINK)",    "getsockname(AF_NETLINK)", "sendto(RTM_GETLINK)",
    "recvmsg(RTM_GETLINK)", "sendto(RTM_GETADDR)", "recvmsg(RTM_GETADDR)"};

// An empty dump, which may end with an error.
static void answer_end(struct answers *answers, int error) {
  struct message message;
  start_message(&message, NLMSG_DONE, &error, sizeof(error));
  answer_bytes(answers, message.bytes, header_of(&message)->nlmsg_len);
}

static void answer_calls(struct answers *answers, size_t count) {
  answers->length = 0;
  for (size_t i = 0; i < count; i++) {
    if (strncmp(calls[i], "recvmsg", strlen("recvmsg")) == 0)
      answer_end(answers, 0);
    else
      succeed(answers, 0);
  }
}

static void assert_probe(const struct answers *answers, int error, const char *call) {
  struct osh_attempt attempt = {0};
  uint8_t *copy = start_script(answers);
  osh_rtnetlink_probe(&attempt);
  end_script(copy);
  assert_int_equal(attempt.error, error);
  if (call == NULL)
    assert_null(attempt.call);
  else
    assert_string_equal(attempt.call, call);
}

static void test_all_succeed(void **state) {
  (void)state;
  struct answers answers;
  answer_calls(&answers, LENGTH_OF(calls));
  assert_probe(&answers, 0, NULL);
}

static void test_each_call_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < LENGTH_OF(calls); i++) {
    struct answers answers;
    answer_calls(&answers, i);
    refuse(&answers, EACCES);
    assert_probe(&answers, -EACCES, calls[i]);
  }
}

// glibc would wait forever for replies to a port that it does not know.
static void test_no_port(void **state) {
  (void)state;
  struct answers answers;
  answer_calls(&answers, 2); // socket, bind
  succeed(&answers, SCRIPT_LIE);
  assert_probe(&answers, -ETIMEDOUT, "getsockname(AF_NETLINK)");
}

// The kernel may refuse a request in its answer.
static void test_dump_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < LENGTH_OF(calls); i++) {
    if (strncmp(calls[i], "recvmsg", strlen("recvmsg")) != 0)
      continue;
    struct answers answers;
    answer_calls(&answers, i);
    answer_end(&answers, -EPERM);
    assert_probe(&answers, -EPERM, calls[i]);
  }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_all_succeed),
    cmocka_unit_test(test_each_call_refused),
    cmocka_unit_test(test_no_port),
    cmocka_unit_test(test_dump_refused),
};

RUN_TESTS(tests)
