// Writes a script (script.h) of what the real kernel answers to one osh_snapshot_read(), with the
// byte before it that read_fuzz.c wants: a seed. `record 7` records a read from all sources,
// `record 6` one without rtnetlink, `record 4` one of procfs alone.

#include "../unit/script.h"
#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int __real_socket(int family, int type, int protocol);
int __real_socketpair(int family, int type, int protocol, int pair[2]);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_sendto(int fd, const void *bytes, size_t length, int flags,
                      const struct sockaddr *address, socklen_t size);
ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
int __real_ioctl(int fd, unsigned long request, ...);

static void record(const void *bytes, size_t size) {
  if (fwrite(bytes, 1, size, stdout) != size)
    abort();
}

// The byte that an answer begins with; true when there is more to record.
static bool record_answer(ssize_t result) {
  uint8_t byte = 0;
  for (size_t i = 0; result < 0 && i < SCRIPT_ERRNO_COUNT; i++)
    if (script_errnos[i] == errno)
      byte = (uint8_t)(SCRIPT_REFUSED + i);
  record(&byte, 1);
  return result >= 0;
}

static void record_counted(const void *bytes, size_t size) {
  const uint8_t length[] = {(uint8_t)(size >> 8), (uint8_t)size};
  record(length, sizeof(length));
  record(bytes, size);
}

int __wrap_socket(int family, int type, int protocol) {
  int fd = __real_socket(family, type, protocol);
  (void)record_answer(fd);
  return fd;
}

int __wrap_socketpair(int family, int type, int protocol, int pair[2]) {
  int result = __real_socketpair(family, type, protocol, pair);
  (void)record_answer(result);
  return result;
}

int __wrap_open(const char *path, int flags, ...) {
  int fd = __real_open(path, flags);
  (void)record_answer(fd);
  return fd;
}

int __wrap_close(int fd) {
  return __real_close(fd);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size) {
  ssize_t length = __real_read(fd, buffer, size);
  if (record_answer(length))
    record_counted(buffer, (size_t)length);
  return length;
}

ssize_t __wrap_sendto(int fd, const void *bytes, size_t length, int flags,
                      const struct sockaddr *address, socklen_t size) {
  ssize_t sent = __real_sendto(fd, bytes, length, flags, address, size);
  (void)record_answer(sent);
  return sent;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags) {
  ssize_t length = __real_recvmsg(fd, message, flags);
  if (record_answer(length))
    record_counted(message->msg_iov->iov_base, (size_t)length);
  return length;
}

int __wrap_poll(void) {
  abort(); // the answer to a dump never lets one wait
}

int __wrap_ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result = __real_ioctl(fd, request, argument);
  const struct ifreq *ifreq = argument;
  if (!record_answer(result))
    return result;
  if (request == SIOCGIFCONF)
    record_counted(((struct ifconf *)argument)->ifc_buf,
                   (size_t)((struct ifconf *)argument)->ifc_len);
  else if (request == SIOCGIFNAME)
    record(ifreq->ifr_name, sizeof(ifreq->ifr_name));
  else
    record(&ifreq->ifr_ifru, sizeof(struct sockaddr));
  return result;
}

int main(int argc, char **argv) {
  const uint8_t sources = argc == 2 ? (uint8_t)strtoul(argv[1], NULL, 10) : 0;
  if (sources == 0) {
    (void)fprintf(stderr, "usage: %s SOURCES\n", argv[0]);
    return 2;
  }
  record(&sources, 1);
  struct osh_snapshot snapshot;
  int error = osh_snapshot_read(&snapshot, sources);
  osh_snapshot_free(&snapshot);
  return error != 0;
}
