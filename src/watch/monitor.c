// See monitor.h.

#include "monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Weak: before glibc 2.34 they are in libpthread, and not every program that preloads this file
// loads that.
#pragma weak pthread_create
#pragma weak pthread_join
#pragma weak pthread_sigmask

// What is written to the eventfd, which adds up.
#define ARM INT64_C(1)
#define STOP (INT64_C(1) << 32)

// More than the default buffer of a socket holds. What is left is reported next time.
#define MAX_DISCARDED 1024

static int open_route_socket(unsigned groups) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0 || groups == 0)
    return fd < 0 ? -errno : fd;
  const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
  if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
    return fd;
  int error = -errno;
  close(fd);
  return error;
}

static void discard(int fd) {
  for (int i = 0; i < MAX_DISCARDED; i++) {
    // qemu-user receives nothing without a buffer.
    char byte;
    struct iovec iovec = {.iov_base = &byte, .iov_len = sizeof(byte)};
    struct msghdr header = {.msg_iov = &iovec, .msg_iovlen = 1};
    // ENOBUFS says once that messages were dropped. Others may follow.
    if (recvmsg(fd, &header, MSG_DONTWAIT) < 0 && errno != ENOBUFS && errno != EINTR)
      return;
  }
}

// Waits for a change if `armed`, and for commands. Returns what was written to the eventfd, or 0
// after a change; or a negative errno.
static int64_t wait_once(const struct osh_monitor *monitor, bool armed) {
  struct pollfd fds[] = {
      {.fd = monitor->control, .events = POLLIN},
      {.fd = armed ? monitor->reports : -1, .events = POLLIN},
  };
  eventfd_t value = 0;
  if (poll(fds, 2, -1) < 0 || (fds[0].revents != 0 && eventfd_read(monitor->control, &value) < 0))
    return -errno;
  return (int64_t)value;
}

static void *run(void *data) {
  struct osh_monitor *monitor = data;
  bool armed = true;
  int64_t value;
  (void)prctl(PR_SET_NAME, "osh-ifaddrs");
  while ((value = wait_once(monitor, armed)) < STOP) {
    if (value == -EINTR)
      continue;
    armed = value > 0;
    if (armed)
      continue;
    discard(monitor->reports);
    atomic_store(&monitor->error, (int)value);
    monitor->report(monitor->context);
    if (value < 0)
      break;
  }
  return NULL;
}

// Signals are for the program's own threads.
static int start_thread(struct osh_monitor *monitor) {
  if (pthread_create == NULL || pthread_join == NULL || pthread_sigmask == NULL)
    return -ENOSYS;
  sigset_t all;
  sigset_t mask;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &mask);
  int error = pthread_create(&monitor->thread, NULL, run, monitor);
  (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
  return -error;
}

static void close_if_open(int fd) {
  if (fd >= 0)
    close(fd);
}

static void close_all(struct osh_monitor *monitor) {
  close_if_open(monitor->control);
  close_if_open(monitor->reports);
  close_if_open(monitor->requests);
  monitor->control = monitor->reports = monitor->requests = -1;
}

static int open_all(struct osh_monitor *monitor) {
  monitor->requests = open_route_socket(0);
  if (monitor->requests < 0)
    return monitor->requests;
  monitor->reports = open_route_socket(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (monitor->reports < 0)
    return monitor->reports;
  monitor->control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return monitor->control < 0 ? -errno : 0;
}

int osh_monitor_start(struct osh_monitor *monitor, void (*report)(void *), void *context) {
  *monitor = (struct osh_monitor){
      .requests = -1, .reports = -1, .control = -1, .report = report, .context = context};
  int error = open_all(monitor);
  if (error == 0)
    error = start_thread(monitor);
  if (error != 0)
    close_all(monitor);
  return error;
}

int osh_monitor_arm(struct osh_monitor *monitor) {
  // If a read failed, it has not received all replies.
  discard(monitor->requests);
  (void)eventfd_write(monitor->control, ARM);
  return atomic_load(&monitor->error);
}

void osh_monitor_stop(struct osh_monitor *monitor) {
  (void)eventfd_write(monitor->control, STOP);
  (void)pthread_join(monitor->thread, NULL);
  close_all(monitor);
}
