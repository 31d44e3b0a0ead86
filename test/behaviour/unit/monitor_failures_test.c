// watch/monitor.c with calls that fail: nothing is left open or running, and the error is reported.

#include "monitored.h"

#include <sys/resource.h>

#define MOST_DESCRIPTORS 64

static void test_without_descriptors(void **state) {
  (void)state;
  struct test test;
  prepare(&test);
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  struct rlimit lower = {.rlim_cur = MOST_DESCRIPTORS, .rlim_max = limit.rlim_max};
  for (int left = 0; left <= 3; left++) {
    int filler[MOST_DESCRIPTORS] = {0};
    int count = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
    while ((filler[count] = dup(test.fd)) >= 0)
      count++;
    for (int i = 0; i < left; i++)
      close(filler[--count]);
    const int error = osh_monitor_start(&test.monitor, report, &test);
    if (error == 0)
      osh_monitor_stop(&test.monitor);
    while (count > 0)
      close(filler[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(error, left < 3 ? -EMFILE : 0);
    assert_int_equal(count_descriptors(), test.descriptors);
  }
  close(test.fd);
}

static void test_each_call_fails(void **state) {
  (void)state;
  struct test test;
  prepare(&test);
  // Two sockets, one of them bound, and the eventfd.
  const int calls = 4;
  for (int call = 1; call <= calls; call++) {
    failing_call = call;
    assert_int_equal(osh_monitor_start(&test.monitor, report, &test), -EACCES);
    assert_int_equal(failing_call, 0);
    assert_int_equal(count_descriptors(), test.descriptors);
  }
  failing_call = calls + 1;
  assert_int_equal(osh_monitor_start(&test.monitor, report, &test), 0);
  failing_call = 0;
  end(&test);
}

static void test_without_threads(void **state) {
  (void)state;
  struct test test;
  prepare(&test);
  pthread_create_error = EAGAIN;
  const int error = osh_monitor_start(&test.monitor, report, &test);
  pthread_create_error = 0;
  assert_int_equal(error, -EAGAIN);
  assert_int_equal(count_descriptors(), test.descriptors);
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  assert_int_equal(sigismember(&mask, SIGTERM), 0);
  close(test.fd);
}

static void test_poll_fails(void **state) {
  (void)state;
  struct test test;
  atomic_store(&poll_error, ENOMEM);
  start(&test);
  wait_for(&test.reports);
  atomic_store(&poll_error, 0);
  assert_int_equal(osh_monitor_arm(&test.monitor), -ENOMEM);
  set_up(test.fd, true);
  assert_int_equal(osh_monitor_arm(&test.monitor), -ENOMEM);
  end(&test);
  assert_int_equal(atomic_load(&test.finished), 1);
}

static void test_poll_fails_after_a_report(void **state) {
  (void)state;
  struct test test;
  start(&test);
  get_first_report(&test);
  atomic_store(&poll_error, ENOMEM);
  // Returns what the thread has met by then.
  (void)osh_monitor_arm(&test.monitor);
  wait_for(&test.reports);
  atomic_store(&poll_error, 0);
  assert_int_equal(osh_monitor_arm(&test.monitor), -ENOMEM);
  end(&test);
}

static void test_read_fails(void **state) {
  (void)state;
  struct test test;
  start(&test);
  get_first_report(&test);
  atomic_store(&read_error, EIO);
  (void)osh_monitor_arm(&test.monitor);
  wait_for(&test.reports);
  atomic_store(&read_error, 0);
  assert_int_equal(osh_monitor_arm(&test.monitor), -EIO);
  end(&test);
}

static void test_interrupted_poll(void **state) {
  (void)state;
  struct test test;
  atomic_store(&polls_interrupted, 3);
  start(&test);
  get_first_report(&test);
  assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  end(&test);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_without_descriptors),       cmocka_unit_test(test_each_call_fails),
    cmocka_unit_test(test_without_threads),           cmocka_unit_test(test_poll_fails),
    cmocka_unit_test(test_poll_fails_after_a_report), cmocka_unit_test(test_read_fails),
    cmocka_unit_test(test_interrupted_poll),
};

RUN_TESTS(tests)
