// The faults of each call: the errnos that a kernel, a policy or a shortage returns, and wrong
// answers.

#include "faults.h"

#include <errno.h>

const char *const call_names[CALL_COUNT] = {
    "malloc", "socket", "socketpair", "setsockopt", "bind", "getsockname", "sendto", "recvmsg",
    "poll",   "ioctl",  "open",       "fstatfs",    "read", "close",       "dlsym"};

#define POLICY(call)                                                                               \
  {call, HOW_REFUSE, EPERM}, {call, HOW_REFUSE, EACCES}, {                                         \
    call, HOW_REFUSE, ENOSYS                                                                       \
  }
#define SHORTAGE(call)                                                                             \
  {call, HOW_REFUSE, ENOMEM}, {                                                                    \
    call, HOW_REFUSE, ENOBUFS                                                                      \
  }
#define FILES(call)                                                                                \
  {call, HOW_REFUSE, EMFILE}, {                                                                    \
    call, HOW_REFUSE, ENFILE                                                                       \
  }
#define FAMILY(call)                                                                               \
  {call, HOW_REFUSE, EAFNOSUPPORT}, {call, HOW_REFUSE, EOPNOTSUPP}, {                              \
    call, HOW_REFUSE, EPROTONOSUPPORT                                                              \
  }

const struct fault faults[] = {
    {CALL_MALLOC, HOW_REFUSE, ENOMEM},
    POLICY(CALL_SOCKET),
    FAMILY(CALL_SOCKET),
    FILES(CALL_SOCKET),
    SHORTAGE(CALL_SOCKET),
    POLICY(CALL_SOCKETPAIR),
    FAMILY(CALL_SOCKETPAIR),
    FILES(CALL_SOCKETPAIR),
    SHORTAGE(CALL_SOCKETPAIR),
    POLICY(CALL_SETSOCKOPT),
    SHORTAGE(CALL_SETSOCKOPT),
    {CALL_SETSOCKOPT, HOW_REFUSE, ENOPROTOOPT},
    {CALL_SETSOCKOPT, HOW_REFUSE, EINVAL},
    {CALL_SETSOCKOPT, HOW_REFUSE, ENODEV},
    {CALL_SETSOCKOPT, HOW_REFUSE, EADDRNOTAVAIL},
    POLICY(CALL_BIND),
    SHORTAGE(CALL_BIND),
    {CALL_BIND, HOW_REFUSE, EADDRINUSE},
    POLICY(CALL_GETSOCKNAME),
    SHORTAGE(CALL_GETSOCKNAME),
    POLICY(CALL_SENDTO),
    SHORTAGE(CALL_SENDTO),
    {CALL_SENDTO, HOW_REFUSE, EINTR},
    {CALL_SENDTO, HOW_REFUSE, EAGAIN},
    {CALL_SENDTO, HOW_REFUSE, EOPNOTSUPP},
    {CALL_SENDTO, HOW_REFUSE, ECONNREFUSED},
    {CALL_SENDTO, HOW_REFUSE, EBUSY},
    POLICY(CALL_RECVMSG),
    SHORTAGE(CALL_RECVMSG),
    {CALL_RECVMSG, HOW_REFUSE, EINTR},
    {CALL_RECVMSG, HOW_REFUSE, EAGAIN},
    {CALL_RECVMSG, HOW_REFUSE, EIO},
    {CALL_RECVMSG, HOW_SHORT, 0},
    {CALL_RECVMSG, HOW_EMPTY, 0},
    {CALL_RECVMSG, HOW_TRUNCATED, 0},
    {CALL_RECVMSG, HOW_FOREIGN, 0},
    {CALL_RECVMSG, HOW_ENDLESS, 0},
    {CALL_RECVMSG, HOW_ERROR, EACCES},
    {CALL_RECVMSG, HOW_ERROR, EBUSY},
    {CALL_RECVMSG, HOW_ERROR, ENOBUFS},
    {CALL_RECVMSG, HOW_DONE_ERROR, ENOMEM},
    {CALL_RECVMSG, HOW_DONE_ERROR, EMSGSIZE},
    {CALL_RECVMSG, HOW_INTERRUPTED, 0},
    {CALL_RECVMSG, HOW_OTHER_SEQ, 0},
    {CALL_RECVMSG, HOW_NO_LINK, 0},
    {CALL_RECVMSG, HOW_GARBAGE, 0},
    {CALL_RECVMSG, HOW_HUGE, 0},
    POLICY(CALL_POLL),
    {CALL_POLL, HOW_REFUSE, EINTR},
    {CALL_POLL, HOW_REFUSE, ENOMEM},
    {CALL_POLL, HOW_REFUSE, EINVAL},
    {CALL_POLL, HOW_TIMEOUT, 0},
    POLICY(CALL_IOCTL),
    SHORTAGE(CALL_IOCTL),
    {CALL_IOCTL, HOW_REFUSE, ENOTTY},
    {CALL_IOCTL, HOW_REFUSE, EINVAL},
    {CALL_IOCTL, HOW_REFUSE, ENODEV},
    {CALL_IOCTL, HOW_REFUSE, ENXIO},
    {CALL_IOCTL, HOW_REFUSE, EINTR},
    {CALL_IOCTL, HOW_REFUSE, EIO},
    {CALL_IOCTL, HOW_REFUSE, EFAULT},
    {CALL_IOCTL, HOW_REFUSE, EADDRNOTAVAIL},
    POLICY(CALL_OPEN),
    FILES(CALL_OPEN),
    {CALL_OPEN, HOW_REFUSE, ENOMEM},
    {CALL_OPEN, HOW_REFUSE, ENOENT},
    {CALL_OPEN, HOW_REFUSE, ENOTDIR},
    {CALL_OPEN, HOW_REFUSE, ELOOP},
    {CALL_OPEN, HOW_REFUSE, EINTR},
    POLICY(CALL_FSTATFS),
    POLICY(CALL_READ),
    {CALL_READ, HOW_REFUSE, ENOMEM},
    {CALL_READ, HOW_REFUSE, EIO},
    {CALL_READ, HOW_REFUSE, EINTR},
    {CALL_READ, HOW_REFUSE, EAGAIN},
    {CALL_READ, HOW_REFUSE, EINVAL},
    {CALL_READ, HOW_REFUSE, ESRCH},
    {CALL_READ, HOW_SHORT, 0},
    {CALL_CLOSE, HOW_REFUSE, EIO},
    {CALL_CLOSE, HOW_REFUSE, EINTR},
    {CALL_DLSYM, HOW_REFUSE, 0},
};
const size_t fault_count = sizeof(faults) / sizeof(*faults);
