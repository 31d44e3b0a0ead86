// The calls of faults.h. System calls have libc's names and precede them. The linker replaces those
// of the heap and dlsym(3) (--wrap). What libc itself allocates (qsort(3) for long arrays) does not
// fail.

#include "faults.h"
#include "datagrams.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

// A read of a few links makes some hundreds of calls. A dump without an end makes more than these.
#define MAX_COUNTED 65536
// How long poll(2) waits, instead of the core's second, for a datagram that never comes.
#define TIMEOUT_MS 5
// The bytes of a read(2) that returns less than there is.
#define SHORT_READ 20
#define DESCRIPTORS 256

static struct {
  bool active;
  struct denial denial;
  const struct fault *fault;
  size_t at;
  bool persistent;
  bool happened;
  size_t calls;
  enum call kinds[MAX_COUNTED];
  long blocks;
} plan;

void faults_start(const struct denial *denial, const struct fault *fault, size_t at,
                  bool persistent) {
  plan.denial = *denial;
  plan.fault = fault;
  plan.at = at;
  plan.persistent = persistent;
  plan.happened = false;
  plan.calls = 0;
  datagrams_start();
  plan.active = true;
}

size_t faults_stop(void) {
  plan.active = false;
  return plan.calls;
}

bool faults_paused(bool paused) {
  bool was = !plan.active;
  plan.active = !paused;
  return was;
}

bool fault_happened(void) {
  return plan.happened;
}

enum call call_at(size_t at) {
  assert(at < plan.calls && at < MAX_COUNTED);
  return plan.kinds[at];
}

long live_blocks(void) {
  return plan.blocks;
}

int open_descriptors(void) {
  // One system call instead of one for each descriptor: poll(2) marks those that are not open.
  struct pollfd fds[DESCRIPTORS];
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    fds[fd] = (struct pollfd){.fd = fd};
  const struct timespec now = {0};
  if (syscall(SYS_ppoll, fds, DESCRIPTORS, &now, NULL, 0) < 0)
    abort();
  int count = 0;
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    count += !(fds[fd].revents & POLLNVAL);
  return count;
}

// Counts a call. Returns what happens instead of it, or NULL.
static const struct fault *next_fault(enum call call) {
  if (!plan.active)
    return NULL;
  const size_t number = plan.calls++;
  if (number < MAX_COUNTED)
    plan.kinds[number] = call;
  const struct fault *fault = plan.fault;
  if (fault == NULL || fault->call != call ||
      (plan.persistent ? number < plan.at : number != plan.at))
    return NULL;
  plan.happened = true;
  errno = fault->error;
  return fault;
}

// Sets errno for a call of a kind that may be denied. Returns whether it is.
static bool is_denied(bool denied) {
  if (plan.active && denied)
    errno = EPERM;
  return plan.active && denied;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__real_dlsym(void *library, const char *name);

static void *counted(void *block) {
  plan.blocks += block != NULL;
  return block;
}

void *__wrap_malloc(size_t size) {
  return next_fault(CALL_MALLOC) != NULL ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return next_fault(CALL_MALLOC) != NULL ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size) {
  if (next_fault(CALL_MALLOC) != NULL)
    return NULL;
  void *grown = __real_realloc(block, size);
  return block == NULL ? counted(grown) : grown;
}

void __wrap_free(void *block) {
  plan.blocks -= block != NULL;
  __real_free(block);
}

int socket(int family, int type, int protocol) {
  if (next_fault(CALL_SOCKET) != NULL || is_denied(plan.denial.families >> family & 1))
    return -1;
  return (int)syscall(SYS_socket, family, type, protocol);
}

int socketpair(int family, int type, int protocol, int pair[2]) {
  if (next_fault(CALL_SOCKETPAIR) != NULL || is_denied(plan.denial.socketpair))
    return -1;
  return (int)syscall(SYS_socketpair, family, type, protocol, pair);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size) {
  if (next_fault(CALL_SETSOCKOPT) != NULL)
    return -1;
  return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}

int bind(int fd, const struct sockaddr *address, socklen_t size) {
  return next_fault(CALL_BIND) != NULL ? -1 : (int)syscall(SYS_bind, fd, address, size);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *size) {
  return next_fault(CALL_GETSOCKNAME) != NULL ? -1
                                              : (int)syscall(SYS_getsockname, fd, address, size);
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address,
               socklen_t size) {
  struct nlmsghdr header;
  memcpy(&header, bytes, sizeof(header));
  if (next_fault(CALL_SENDTO) != NULL ||
      is_denied(plan.denial.link_requests && header.nlmsg_type == RTM_GETLINK))
    return -1;
  return syscall(SYS_sendto, fd, bytes, length, flags, address, size);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  const struct fault *fault = next_fault(CALL_RECVMSG);
  if (fault != NULL && fault->how == HOW_REFUSE)
    return -1;
  return receive_datagram(fd, message, flags, fault);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  const struct fault *fault = next_fault(CALL_POLL);
  if (fault != NULL)
    return fault->how == HOW_TIMEOUT ? 0 : -1;
  if (plan.active && timeout > TIMEOUT_MS)
    timeout = TIMEOUT_MS;
  // arm64 has no poll(2).
  const struct timespec wait = {timeout / 1000, timeout % 1000 * 1000000L};
  return (int)syscall(SYS_ppoll, fds, count, timeout < 0 ? NULL : &wait, NULL, 0);
}

int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (next_fault(CALL_IOCTL) != NULL ||
      is_denied(plan.denial.ioctls || plan.denial.ioctl == request))
    return -1;
  return (int)syscall(SYS_ioctl, fd, request, argument);
}

int open(const char *path, int flags, ...) {
  if (next_fault(CALL_OPEN) != NULL)
    return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

int fstatfs(int fd, struct statfs *answer) {
  return next_fault(CALL_FSTATFS) != NULL ? -1 : (int)syscall(SYS_fstatfs, fd, answer);
}

ssize_t read(int fd, void *buffer, size_t size) {
  const struct fault *fault = next_fault(CALL_READ);
  if (fault != NULL && fault->how == HOW_REFUSE)
    return -1;
  if (fault == NULL || size <= SHORT_READ)
    return syscall(SYS_read, fd, buffer, size);
  // Ends within a line, as no read of the kernel's does; the next read returns the rest.
  long count = syscall(SYS_read, fd, buffer, SHORT_READ);
  char *bytes = buffer;
  if (count > 0 && bytes[count - 1] == '\n')
    count += syscall(SYS_read, fd, bytes + count, 1);
  return count;
}

// close(2) closes, whatever it returns.
int close(int fd) {
  int error = 0;
  if (next_fault(CALL_CLOSE) != NULL)
    error = errno;
  int result = (int)syscall(SYS_close, fd);
  if (error == 0)
    return result;
  errno = error;
  return -1;
}

// The native functions of a process that may not open a netlink socket.
static int refusing_getifaddrs(void **list) {
  (void)list;
  errno = EPERM;
  return -1;
}

void *__wrap_dlsym(void *library, const char *name) {
  if (next_fault(CALL_DLSYM) != NULL)
    return NULL;
  if (plan.active && library == RTLD_NEXT && strcmp(name, "getifaddrs") == 0) {
    int (*native)(void **) = refusing_getifaddrs;
    void *symbol;
    memcpy(&symbol, &native, sizeof(symbol));
    return symbol;
  }
  return __real_dlsym(library, name);
}
