// A monitor of watch/monitor.c in a network namespace of its own, whose link lo a test changes. The
// linker redirects calls to this file, which makes them fail and records poll(2).
#pragma once

#include "unit.h"

#include "watch/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Ends a test that hangs, on a machine with any load.
#define DEADLINE_SECONDS 60

// What the redirected calls do, and the last poll(2) of the monitor.
static atomic_int poll_error;
static atomic_int polls_interrupted;
static atomic_int read_error;
static int pthread_create_error;
static atomic_int timeout;
static sem_t disarmed; // posted when the monitor waits for commands alone

int __real_poll(struct pollfd *fds, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *fds, nfds_t count, int milliseconds) {
  // Not those of osh_read().
  if (count != 2)
    return __real_poll(fds, count, milliseconds);
  atomic_store(&timeout, milliseconds);
  errno = atomic_load(&poll_error);
  if (errno != 0)
    return -1;
  errno = EINTR;
  if (atomic_fetch_sub(&polls_interrupted, 1) > 0)
    return -1;
  if (fds[1].fd == -1)
    sem_post(&disarmed);
  return __real_poll(fds, count, milliseconds);
}

int __real_eventfd_read(int fd, eventfd_t *value);
int __wrap_eventfd_read(int fd, eventfd_t *value) {
  errno = atomic_load(&read_error);
  return errno == 0 ? __real_eventfd_read(fd, value) : -1;
}

// Which call of socket(2), bind(2) and eventfd(2) fails, counted from 1, with EACCES.
static int failing_call;

static inline bool fails(void) {
  errno = EACCES;
  return failing_call > 0 && --failing_call == 0;
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol) {
  return fails() ? -1 : __real_socket(family, type, protocol);
}

int __real_bind(int fd, const struct sockaddr *name, socklen_t length);
int __wrap_bind(int fd, const struct sockaddr *name, socklen_t length) {
  return fails() ? -1 : __real_bind(fd, name, length);
}

int __real_eventfd(unsigned value, int flags);
int __wrap_eventfd(unsigned value, int flags) {
  return fails() ? -1 : __real_eventfd(value, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *data);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *data) {
  return pthread_create_error == 0 ? __real_pthread_create(thread, attributes, function, data)
                                   : pthread_create_error;
}

// Enters a new network namespace. Where that is refused, skips the test; in CI, fails.
static inline void enter_namespace(void) {
  if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
    return;
  print_message("# no network namespaces: %s\n", strerror(errno));
  if (getenv("CI") != NULL)
    fail_msg("CI lacks network namespaces");
  skip();
}

static inline struct timespec deadline(void) {
  struct timespec time;
  assert_int_equal(clock_gettime(CLOCK_REALTIME, &time), 0);
  time.tv_sec += DEADLINE_SECONDS;
  return time;
}

static inline void wait_for(sem_t *semaphore) {
  const struct timespec end = deadline();
  while (sem_timedwait(semaphore, &end) != 0)
    assert_int_equal(errno, EINTR);
}

static inline int value_of(sem_t *semaphore) {
  int value;
  assert_int_equal(sem_getvalue(semaphore, &value), 0);
  return value;
}

static inline struct ifreq loopback(void) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  return request;
}

// Each changes the link lo of a socket's network namespace.
static inline void set_up(int fd, bool up) {
  struct ifreq request = loopback();
  request.ifr_flags = up ? IFF_UP : 0;
  assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
}

static inline void set_mtu(int fd, int mtu) {
  struct ifreq request = loopback();
  request.ifr_mtu = mtu;
  assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
}

static inline void set_address(int fd, const char *address) {
  struct ifreq request = loopback();
  struct sockaddr_in name = {.sin_family = AF_INET};
  assert_int_equal(inet_pton(AF_INET, address, &name.sin_addr), 1);
  memcpy(&request.ifr_addr, &name, sizeof(name));
  assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
}

static inline int count_descriptors(void) {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

// What a test has: a namespace, a socket in it, and a monitor.
struct test {
  int fd;
  int descriptors; // before the monitor is started
  struct osh_monitor monitor;
  sem_t reports; // one for each
  atomic_bool is_slow;
  atomic_bool blocks_signals;
  atomic_int finished; // how many calls of the report function have ended
  char thread_name[16];
};

static inline void report(void *context) {
  struct test *test = context;
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  atomic_store(&test->blocks_signals, sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGTERM));
  prctl(PR_GET_NAME, test->thread_name);
  sem_post(&test->reports);
  // Only so that a thread that nobody waits for is found.
  if (atomic_load(&test->is_slow))
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  atomic_fetch_add(&test->finished, 1);
}

static inline void prepare(struct test *test) {
  *test = (struct test){0};
  enter_namespace();
  test->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_true(test->fd >= 0);
  assert_int_equal(sem_init(&test->reports, 0, 0), 0);
  assert_int_equal(sem_init(&disarmed, 0, 0), 0);
  test->descriptors = count_descriptors();
}

static inline void start(struct test *test) {
  prepare(test);
  assert_int_equal(osh_monitor_start(&test->monitor, report, test), 0);
  assert_int_equal(count_descriptors(), test->descriptors + 3);
}

// Ends a test: of the monitor, nothing may be left.
static inline void end(struct test *test) {
  osh_monitor_stop(&test->monitor);
  assert_int_equal(count_descriptors(), test->descriptors);
  close(test->fd);
  sem_destroy(&test->reports);
}

// Makes the first change, and waits until the monitor has reported it and waits to be armed.
static inline void get_first_report(struct test *test) {
  set_up(test->fd, true);
  wait_for(&test->reports);
  wait_for(&disarmed);
}
