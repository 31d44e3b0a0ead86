// watch/monitor.c and watch/namespace.c with the real kernel.

#include "monitored.h"

#include "read.h"
#include "watch/namespace.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/stat.h>

#define MANY_CHANGES 2000

static void test_change_is_reported(void **state) {
  (void)state;
  struct test test;
  start(&test);
  assert_int_equal(value_of(&test.reports), 0);
  get_first_report(&test);
  assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  set_address(test.fd, "127.0.0.2");
  wait_for(&test.reports);
  assert_int_equal(atomic_load(&timeout), -1);
  end(&test);
}

// Not by SIOCSIFADDR, which qemu-user takes for IPv4's.
static void remove_ipv6_address(int fd) {
  (void)fd;
  int file = open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", O_WRONLY | O_CLOEXEC);
  assert_true(file >= 0);
  assert_int_equal(write(file, "1", 1), 1);
  close(file);
}

static void set_ipv4_address(int fd) {
  set_address(fd, "10.0.0.1");
}

static void change_link(int fd) {
  set_mtu(fd, 2000);
}

// None of them is reported in the group of another.
static void test_each_group(void **state) {
  (void)state;
  void (*const changes[])(int) = {change_link, set_ipv4_address, remove_ipv6_address};
  for (size_t i = 0; i < LENGTH_OF(changes); i++) {
    struct test test;
    prepare(&test);
    set_up(test.fd, true);
    assert_int_equal(osh_monitor_start(&test.monitor, report, &test), 0);
    changes[i](test.fd);
    wait_for(&test.reports);
    end(&test);
  }
}

static void test_unarmed_monitor_does_not_report(void **state) {
  (void)state;
  struct test test;
  start(&test);
  get_first_report(&test);
  for (int i = 0; i < 10; i++)
    set_up(test.fd, i % 2 != 0);
  osh_monitor_stop(&test.monitor);
  assert_int_equal(value_of(&test.reports), 0);
  assert_int_equal(value_of(&disarmed), 0);
  assert_int_equal(count_descriptors(), test.descriptors);
  close(test.fd);
}

static void test_change_before_arming_is_reported(void **state) {
  (void)state;
  struct test test;
  start(&test);
  get_first_report(&test);
  for (int i = 0; i < 100; i++) {
    set_mtu(test.fd, 2000 + i);
    assert_int_equal(osh_monitor_arm(&test.monitor), 0);
    wait_for(&test.reports);
    wait_for(&disarmed);
  }
  end(&test);
}

// A number in a table whose columns blanks separate; the first is 0.
static unsigned long column(const char *line, int place) {
  for (int i = 0; i < place; i++) {
    line += strcspn(line, " ");
    line += strspn(line, " ");
  }
  return strtoul(line, NULL, 10);
}

static unsigned long drops_of(int fd) {
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  FILE *file = fopen("/proc/thread-self/net/netlink", "r");
  assert_non_null(file);
  char line[256];
  unsigned long drops = 0;
  while (fgets(line, sizeof(line), file) != NULL)
    if (column(line, 9) == status.st_ino)
      drops = column(line, 8);
  (void)fclose(file);
  return drops;
}

static void test_overrun_is_reported(void **state) {
  (void)state;
  struct test test;
  start(&test);
  get_first_report(&test);
  const int least = 1;
  assert_int_equal(setsockopt(test.monitor.reports, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)),
                   0);
  for (int round = 0; round < 3; round++) {
    const unsigned long long drops = drops_of(test.monitor.reports);
    for (int i = 0; i < MANY_CHANGES; i++)
      set_mtu(test.fd, 2000 + i);
    assert_true(drops_of(test.monitor.reports) > drops);
    assert_int_equal(value_of(&test.reports), 0);
    assert_int_equal(osh_monitor_arm(&test.monitor), 0);
    wait_for(&test.reports);
    wait_for(&disarmed);
    // Otherwise the next report would be about these changes.
    char byte;
    assert_int_equal(recv(test.monitor.reports, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
    assert_int_equal(errno, EAGAIN);
  }
  // What follows is received again.
  assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  set_address(test.fd, "127.0.0.2");
  wait_for(&test.reports);
  end(&test);
}

// The other thread receives while this one makes changes.
static void test_changes_without_pause(void **state) {
  (void)state;
  struct test test;
  start(&test);
  for (int i = 0; i < MANY_CHANGES; i++) {
    set_mtu(test.fd, 2000 + i);
    if (sem_trywait(&test.reports) == 0)
      assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  }
  set_mtu(test.fd, 1500);
  wait_for(&test.reports);
  assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  set_address(test.fd, "127.0.0.2");
  wait_for(&test.reports);
  end(&test);
}

static void test_thread_of_the_program(void **state) {
  (void)state;
  struct test test;
  sigset_t before, after;
  pthread_sigmask(SIG_BLOCK, NULL, &before);
  start(&test);
  pthread_sigmask(SIG_BLOCK, NULL, &after);
  assert_int_equal(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1));
  assert_int_equal(sigismember(&after, SIGTERM), 0);
  get_first_report(&test);
  assert_true(atomic_load(&test.blocks_signals));
  assert_string_equal(test.thread_name, "osh-ifaddrs");
  end(&test);
}

static void test_stop_waits_for_the_thread(void **state) {
  (void)state;
  struct test test;
  start(&test);
  atomic_store(&test.is_slow, true);
  set_up(test.fd, true);
  wait_for(&test.reports);
  osh_monitor_stop(&test.monitor);
  assert_int_equal(atomic_load(&test.finished), 1);
  set_up(test.fd, false);
  assert_int_equal(value_of(&test.reports), 0);
  assert_int_equal(count_descriptors(), test.descriptors);
  close(test.fd);
}

static void test_many_monitors(void **state) {
  (void)state;
  struct test test;
  prepare(&test);
  for (int i = 0; i < 200; i++) {
    assert_int_equal(osh_monitor_start(&test.monitor, report, &test), 0);
    set_up(test.fd, i % 2 == 0);
    if (i % 3 == 0)
      assert_int_equal(osh_monitor_arm(&test.monitor), 0);
    osh_monitor_stop(&test.monitor);
    assert_int_equal(test.monitor.control, -1);
  }
  assert_int_equal(count_descriptors(), test.descriptors);
  close(test.fd);
}

static bool is_loopback_up(struct osh_monitor *monitor) {
  struct osh_snapshot snapshot;
  const struct osh_request request = {.sources = OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK),
                                      .all_links = true,
                                      .netlink = &monitor->requests};
  assert_int_equal(osh_read(&snapshot, request), 0);
  assert_int_equal(snapshot.link_count, 1);
  bool up = (snapshot.links[0].flags & IFF_UP) != 0;
  osh_snapshot_free(&snapshot);
  return up;
}

static void test_namespace_of_the_start(void **state) {
  (void)state;
  struct test test;
  start(&test);
  // The socket of `test` stays where it is.
  enter_namespace();
  int other = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  set_up(other, true);
  assert_false(is_loopback_up(&test.monitor));
  set_up(other, false);
  close(other);
  assert_int_equal(value_of(&test.reports), 0);
  get_first_report(&test);
  assert_true(is_loopback_up(&test.monitor));
  end(&test);
}

static void test_arming_discards_replies(void **state) {
  (void)state;
  struct test test;
  start(&test);
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {
      .header = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = RTM_GETLINK,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
  };
  assert_int_equal(send(test.monitor.requests, &request, sizeof(request), 0), sizeof(request));
  char byte;
  assert_int_equal(recv(test.monitor.requests, &byte, 1, MSG_DONTWAIT | MSG_PEEK), 1);
  assert_int_equal(osh_monitor_arm(&test.monitor), 0);
  assert_int_equal(recv(test.monitor.requests, &byte, 1, MSG_DONTWAIT), -1);
  assert_int_equal(errno, EAGAIN);
  end(&test);
}

static void *get_namespace_text(void *text) {
  return unshare(CLONE_NEWNET) == 0 && osh_namespace_text(text) ? text : NULL;
}

static void *get_namespace_text_without_proc(void *text) {
  bool entered = unshare(CLONE_FS) == 0 && chroot("/usr") == 0;
  return entered && !osh_namespace_text(text) ? text : NULL;
}

static void *run_thread(void *(*function)(void *), void *data) {
  pthread_t thread;
  void *result;
  assert_int_equal(pthread_create(&thread, NULL, function, data), 0);
  assert_int_equal(pthread_join(thread, &result), 0);
  return result;
}

static void test_namespace_text(void **state) {
  (void)state;
  enter_namespace();
  char first[OSH_NAMESPACE_TEXT_MAX];
  char second[OSH_NAMESPACE_TEXT_MAX];
  char linked[OSH_NAMESPACE_TEXT_MAX] = {0};
  assert_true(osh_namespace_text(first));
  assert_true(readlink("/proc/self/ns/net", linked, sizeof(linked) - 1) > 0);
  assert_string_equal(first, linked);
  assert_int_equal(strncmp(first, "net:[", 5), 0);
  assert_int_equal(first[strlen(first) - 1], ']');
  // The calling thread's, not the process's.
  assert_non_null(run_thread(get_namespace_text, second));
  assert_string_not_equal(first, second);
  assert_true(osh_namespace_text(second));
  assert_string_equal(first, second);
  assert_non_null(run_thread(get_namespace_text_without_proc, second));
  assert_string_equal(second, "");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_change_is_reported),
    cmocka_unit_test(test_each_group),
    cmocka_unit_test(test_unarmed_monitor_does_not_report),
    cmocka_unit_test(test_change_before_arming_is_reported),
    cmocka_unit_test(test_overrun_is_reported),
    cmocka_unit_test(test_changes_without_pause),
    cmocka_unit_test(test_thread_of_the_program),
    cmocka_unit_test(test_stop_waits_for_the_thread),
    cmocka_unit_test(test_many_monitors),
    cmocka_unit_test(test_namespace_of_the_start),
    cmocka_unit_test(test_arming_discards_replies),
    cmocka_unit_test(test_namespace_text),
};

RUN_TESTS(tests)
