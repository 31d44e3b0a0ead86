/*
 * LD_PRELOAD library that refuses with EACCES what Android's SELinux refuses an application.
 * seccomp sees neither the type of a netlink message nor the family of a descriptor, so this
 * library wraps libc's functions. OSH_ANDROID names what is refused: "getlink" RTM_GETLINK
 * requests, "ioctl" every ioctl on a netlink socket.
 */

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool refuses(const char *what) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment meanwhile.
  const char *list = getenv("OSH_ANDROID");
  return list != NULL && strstr(list, what) != NULL;
}

static bool is_netlink(int fd) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_NETLINK;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
               socklen_t to_length) {
  const struct nlmsghdr *message = bytes;
  if (refuses("getlink") && is_netlink(fd) && length >= sizeof(*message) &&
      message->nlmsg_type == RTM_GETLINK) {
    errno = EACCES;
    return -1;
  }
  return syscall(SYS_sendto, fd, bytes, length, flags, to, to_length);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (refuses("ioctl") && is_netlink(fd)) {
    errno = EACCES;
    return -1;
  }
  return (int)syscall(SYS_ioctl, fd, request, argument);
}
