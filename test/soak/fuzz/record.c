// Writes a seed for read_fuzz.c: the byte that says what to read (seed.h), and a script (script.h)
// of the real kernel's answers to that read. `record 7` records a snapshot of all sources, `record
// 6` one without rtnetlink, `record 4` one of procfs alone, `record 8` the list of getifaddrs(3).

#include "../../behaviour/unit/script.h"
#include "preload/lists.h"
#include "read.h"
#include "seed.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void record(const void *bytes, size_t size) {
  if (fwrite(bytes, 1, size, stdout) != size)
    abort();
}

// Records the byte that an answer begins with. Returns whether to record more of it.
static bool record_answer(ssize_t result) {
  uint8_t byte = 0;
  for (size_t i = 0; result < 0 && i < SCRIPT_ERRNO_COUNT; i++)
    if (script_errnos[i] == errno)
      byte = (uint8_t)(SCRIPT_REFUSED + i);
  record(&byte, 1);
  return result >= 0;
}

static void record_length(size_t size) {
  const uint8_t length[] = {(uint8_t)(size >> 8), (uint8_t)size};
  record(length, sizeof(length));
}

static void record_counted(const void *bytes, size_t size) {
  record_length(size);
  record(bytes, size);
}

int socket(int family, int type, int protocol) {
  int fd = (int)syscall(SYS_socket, family, type, protocol);
  (void)record_answer(fd);
  return fd;
}

int socketpair(int family, int type, int protocol, int pair[2]) {
  int result = (int)syscall(SYS_socketpair, family, type, protocol, pair);
  (void)record_answer(result);
  return result;
}

int open(const char *path, int flags, ...) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags);
  (void)record_answer(fd);
  return fd;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size) {
  int result = (int)syscall(SYS_setsockopt, fd, level, option, value, size);
  (void)record_answer(result);
  return result;
}

ssize_t read(int fd, void *buffer, size_t size) {
  ssize_t length = syscall(SYS_read, fd, buffer, size);
  if (record_answer(length))
    record_counted(buffer, (size_t)length);
  return length;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address,
               socklen_t size) {
  ssize_t sent = syscall(SYS_sendto, fd, bytes, length, flags, address, size);
  (void)record_answer(sent);
  return sent;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  ssize_t length = syscall(SYS_recvmsg, fd, message, flags);
  if (record_answer(length))
    record_counted(message->msg_iov->iov_base, (size_t)length);
  return length;
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  (void)fds;
  (void)count;
  (void)timeout;
  abort(); // the kernel queues the reply before sendto(2) returns
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result = (int)syscall(SYS_ioctl, fd, request, argument);
  const struct ifreq *ifreq = argument;
  if (!record_answer(result))
    return result;
  const struct ifconf *list = argument;
  if (request == SIOCGIFCONF && list->ifc_buf == NULL) // only counts
    record_length((size_t)list->ifc_len);
  else if (request == SIOCGIFCONF)
    record_counted(list->ifc_buf, (size_t)list->ifc_len);
  else if (request == SIOCETHTOOL)
    record(&((struct ethtool_perm_addr *)(void *)ifreq->ifr_data)->size, 1);
  else if (request == SIOCGIFNAME)
    record(ifreq->ifr_name, sizeof(ifreq->ifr_name));
  else
    record(&ifreq->ifr_ifru, sizeof(struct sockaddr));
  return result;
}

int main(int argc, char **argv) {
  const uint8_t byte = argc == 2 ? (uint8_t)strtoul(argv[1], NULL, 10) : 0;
  if (byte == 0) {
    (void)fprintf(stderr, "usage: %s BYTE\n", argv[0]);
    return 2;
  }
  record(&byte, 1);
  struct ifaddrs *list;
  if (byte & SEED_IFADDRS)
    return osh_ifaddrs(OSH_SOURCES_ALL, &list) != 0;
  struct if_nameindex *names;
  if (byte & SEED_NAMEINDEX)
    return osh_nameindex(OSH_SOURCES_ALL, &names) != 0;
  struct osh_snapshot snapshot;
  const struct osh_request request = {.sources = byte & OSH_SOURCES_ALL,
                                      .all_links = byte & SEED_ALL_LINKS,
                                      .details = byte & SEED_DETAILS};
  return osh_read(&snapshot, request) != 0;
}
