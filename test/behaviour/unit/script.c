// The system calls that script.h describes. They fail if the core uses a descriptor that it does
// not have, leaves one open, or makes more calls than a script can cause.
//
// They have libc's names, so that libmnl, a shared library, calls them, too. While no script runs,
// calls go to the kernel.

#include "script.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

// A descriptor that no process has, and the first of a script.
#define FIRST_FD 0x10000
#define MAX_FDS 2 // what read.h promises
// The calls that the bytes of a script can cause, and in each of four passes those of the search
// for addresses on links, which the core limits itself (ioctl_labels.c).
#define MAX_CALLS(size) (600000 + 100 * (size))

static _Thread_local struct {
  bool running;
  const uint8_t *next;
  const uint8_t *end;
  size_t calls;
  size_t max_calls;
  bool open[MAX_FDS];
  int file_system[MAX_FDS]; // SCRIPT_NOT_PROC, SCRIPT_NO_STATFS
  int waited_ms;            // by poll(2)
  size_t overrun;           // calls after the end of the script
  uint32_t seq;             // of the last request sent
  int last_ifindex;         // argument of the last SIOCGIFNAME
  char last_name[IFNAMSIZ]; // argument of the last other request
} script;

void script_start(const uint8_t *bytes, size_t size) {
  memset(&script, 0, sizeof(script));
  script.running = true;
  script.next = bytes;
  script.end = bytes + size;
  script.max_calls = MAX_CALLS(size);
}

void script_end(void) {
  script.running = false;
  for (int i = 0; i < MAX_FDS; i++)
    assert(!script.open[i]);
}

void script_abandon(void) {
  script.next = script.end;
}

size_t script_unused(void) {
  return (size_t)(script.end - script.next);
}

size_t script_overrun(void) {
  return script.overrun;
}

int script_waited_ms(void) {
  return script.waited_ms;
}

// Returns the byte that an answer begins with, or -1 with errno set.
static int next_answer(void) {
  script.calls++;
  assert(script.calls <= script.max_calls);
  script.overrun += script.next == script.end;
  int byte = script.next < script.end ? *script.next++ : SCRIPT_REFUSED;
  if (byte < SCRIPT_REFUSED)
    return byte;
  errno = script_errnos[(size_t)(byte - SCRIPT_REFUSED) % SCRIPT_ERRNO_COUNT];
  return -1;
}

// Copies up to `size` bytes of the script. Returns how many there were.
static size_t copy_bytes(void *to, size_t size) {
  size_t left = (size_t)(script.end - script.next);
  size_t count = size < left ? size : left;
  if (count > 0)
    memcpy(to, script.next, count);
  script.next += count;
  return count;
}

static size_t copy_length(void) {
  uint8_t bytes[2] = {0};
  (void)copy_bytes(bytes, sizeof(bytes));
  return (size_t)bytes[0] << 8 | bytes[1];
}

static size_t copy_counted(void *to, size_t capacity) {
  size_t size = copy_length();
  return copy_bytes(to, size < capacity ? size : capacity);
}

static bool is_open(int fd) {
  return fd >= FIRST_FD && fd < FIRST_FD + MAX_FDS && script.open[fd - FIRST_FD];
}

static int open_next(void) {
  for (int i = 0; i < MAX_FDS; i++) {
    if (!script.open[i]) {
      script.open[i] = true;
      return FIRST_FD + i;
    }
  }
  assert(!"too many open descriptors");
  return -1;
}

int socket(int family, int type, int protocol) {
  if (!script.running)
    return (int)syscall(SYS_socket, family, type, protocol);
  assert(type & SOCK_CLOEXEC);
  return next_answer() < 0 ? -1 : open_next();
}

int socketpair(int family, int type, int protocol, int pair[2]) {
  if (!script.running)
    return (int)syscall(SYS_socketpair, family, type, protocol, pair);
  assert(family == AF_UNIX && (type & SOCK_CLOEXEC));
  int answer = next_answer();
  if (answer < 0)
    return -1;
  if (answer & SCRIPT_LIE)
    return 0;
  pair[0] = open_next();
  pair[1] = open_next();
  return 0;
}

int open(const char *path, int flags, ...) {
  if (!script.running) {
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  }
  assert(strncmp(path, "/proc/", strlen("/proc/")) == 0 &&
         flags == (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  int answer = next_answer();
  if (answer < 0)
    return -1;
  int fd = open_next();
  script.file_system[fd - FIRST_FD] = answer;
  return fd;
}

int fstatfs(int fd, struct statfs *answer) {
  if (!script.running)
    return (int)syscall(SYS_fstatfs, fd, answer);
  assert(is_open(fd));
  const int file_system = script.file_system[fd - FIRST_FD];
  memset(answer, 0, sizeof(*answer));
  answer->f_type = file_system & SCRIPT_NOT_PROC ? TMPFS_MAGIC : PROC_SUPER_MAGIC;
  errno = ENOSYS;
  return file_system & SCRIPT_NO_STATFS ? -1 : 0;
}

int close(int fd) {
  if (!script.running)
    return (int)syscall(SYS_close, fd);
  assert(is_open(fd));
  script.open[fd - FIRST_FD] = false;
  return 0;
}

ssize_t read(int fd, void *buffer, size_t size) {
  if (!script.running)
    return syscall(SYS_read, fd, buffer, size);
  assert(is_open(fd) && size > 0);
  return next_answer() < 0 ? -1 : (ssize_t)copy_counted(buffer, size);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size) {
  if (!script.running)
    return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
  assert(is_open(fd) && value != NULL && size > 0);
  return next_answer() < 0 ? -1 : 0;
}

int bind(int fd, const struct sockaddr *address, socklen_t size) {
  if (!script.running)
    return (int)syscall(SYS_bind, fd, address, size);
  assert(is_open(fd) && address->sa_family == AF_NETLINK && size == sizeof(struct sockaddr_nl));
  return next_answer() < 0 ? -1 : 0;
}

int getsockname(int fd, struct sockaddr *address, socklen_t *size) {
  if (!script.running)
    return (int)syscall(SYS_getsockname, fd, address, size);
  assert(is_open(fd) && *size == sizeof(struct sockaddr_nl));
  const int answer = next_answer();
  if (answer == 0)
    ((struct sockaddr_nl *)(void *)address)->nl_pid = 1;
  return answer < 0 ? -1 : 0;
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address,
               socklen_t size) {
  if (!script.running)
    return syscall(SYS_sendto, fd, bytes, length, flags, address, size);
  struct nlmsghdr header;
  assert(is_open(fd) && length >= sizeof(header));
  memcpy(&header, bytes, sizeof(header));
  assert(header.nlmsg_len == length && header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_DUMP));
  script.seq = header.nlmsg_seq;
  int bits = next_answer();
  if (bits < 0)
    return -1;
  return bits & SCRIPT_SWALLOWED ? 0 : (ssize_t)length;
}

// Sets the sequence numbers to the request's.
static void renumber(char *bytes, size_t length) {
  struct nlmsghdr header;
  for (size_t at = 0; at + sizeof(header) <= length; at += NLMSG_ALIGN(header.nlmsg_len)) {
    memcpy(&header, bytes + at, sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > length - at)
      return;
    header.nlmsg_seq = script.seq;
    memcpy(bytes + at, &header, sizeof(header));
  }
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  if (!script.running)
    return syscall(SYS_recvmsg, fd, message, flags);
  assert(is_open(fd) && (flags & MSG_DONTWAIT) && message->msg_iovlen == 1);
  int bits = next_answer();
  if (bits < 0)
    return -1;
  const struct sockaddr_nl sender = {.nl_family = AF_NETLINK, .nl_pid = bits & SCRIPT_FOREIGN};
  assert(message->msg_namelen == sizeof(sender));
  memcpy(message->msg_name, &sender, sizeof(sender));
  size_t length = copy_counted(message->msg_iov->iov_base, message->msg_iov->iov_len);
  message->msg_flags = bits & SCRIPT_TRUNCATED ? MSG_TRUNC : 0;
  if (!(bits & SCRIPT_RAW))
    renumber(message->msg_iov->iov_base, length);
  return (ssize_t)length;
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  if (!script.running) {
    // 64-bit ARM has no poll(2).
    const struct timespec limit = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
    return (int)syscall(SYS_ppoll, fds, count, timeout < 0 ? NULL : &limit, NULL, 0);
  }
  // glibc declares that it only writes here.
  struct pollfd *volatile polled = fds;
  assert(count == 1 && timeout >= 0 && is_open(polled->fd));
  int bits = next_answer();
  bool timed_out = bits >= 0 && (bits & SCRIPT_TIMEOUT);
  script.waited_ms += timed_out ? timeout : 1;
  if (bits < 0)
    return -1;
  fds->revents = timed_out ? 0 : POLLIN;
  return timed_out ? 0 : 1;
}

// libFuzzer's signal handler reads CLOCK_REALTIME while a script runs.
int clock_gettime(clockid_t clock, struct timespec *now) {
  if (!script.running || clock != CLOCK_MONOTONIC)
    return (int)syscall(SYS_clock_gettime, clock, now);
  // A second after the boot: 0 may mean that there is no time.
  *now = (struct timespec){.tv_sec = 1 + script.waited_ms / 1000,
                           .tv_nsec = script.waited_ms % 1000 * 1000000L};
  return 0;
}

// For SCRIPT_ECHO.
static void record_argument(unsigned long request, const struct ifreq *ifreq) {
  if (request == SIOCGIFNAME) {
    script.last_ifindex = ifreq->ifr_ifindex;
  } else {
    assert(memchr(ifreq->ifr_name, '\0', sizeof(ifreq->ifr_name)) != NULL);
    memcpy(script.last_name, ifreq->ifr_name, sizeof(script.last_name));
  }
}

static void answer_ifreq(unsigned long request, struct ifreq *ifreq, int bits) {
  if (request == SIOCETHTOOL) {
    struct ethtool_perm_addr *address = (void *)ifreq->ifr_data;
    uint8_t lowest = (uint8_t)address->size;
    (void)copy_bytes(&lowest, 1);
    address->size = (address->size & ~(uint32_t)UINT8_MAX) | lowest;
  } else if (request == SIOCGIFNAME) {
    if (bits & SCRIPT_ECHO)
      memcpy(ifreq->ifr_name, script.last_name, sizeof(ifreq->ifr_name));
    else
      (void)copy_bytes(ifreq->ifr_name, sizeof(ifreq->ifr_name));
  } else if (!(bits & SCRIPT_ECHO)) {
    (void)copy_bytes(&ifreq->ifr_ifru, sizeof(struct sockaddr));
  } else if (request == SIOCGIFINDEX) {
    ifreq->ifr_ifindex = script.last_ifindex;
  }
}

// Without a buffer, SIOCGIFCONF only counts.
static void answer_list(struct ifconf *list) {
  if (list->ifc_buf == NULL)
    list->ifc_len = (int)copy_length();
  else
    list->ifc_len = (int)copy_counted(list->ifc_buf, (size_t)list->ifc_len);
}

#ifdef __GLIBC__
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request; // as in POSIX
#endif

int ioctl(int fd, ioctl_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (!script.running)
    return (int)syscall(SYS_ioctl, fd, request, argument);
  assert(is_open(fd));
  if (request != SIOCGIFCONF)
    record_argument(request, argument);
  int bits = next_answer();
  if (bits < 0)
    return -1;
  if (request == SIOCGIFCONF)
    answer_list(argument);
  else
    answer_ifreq(request, argument, bits);
  return 0;
}
