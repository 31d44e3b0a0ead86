// A kernel that answers from a script, for what no real one can be made to answer at will: the core
// calls script.c instead of libc. fuzz/record.c writes scripts of what a real one answered.
//
// A script is what the calls answer, one after the other. Each answer begins with a byte: below
// SCRIPT_REFUSED it is a success, whose SCRIPT_ bits say how; from there on it is a refusal, with
// the errno of that place in script_errnos. What follows a success depends on the call:
//
//   socket socketpair sendto open   nothing
//   setsockopt                      nothing
//   poll                            nothing
//   recvmsg read                    the length of what is received, as two bytes, and that
//   ioctl(SIOCGIFCONF)              the same; entries are struct ifreq
//   ioctl(SIOCGIFNAME)              a name, IFNAMSIZ bytes
//   ioctl(SIOCETHTOOL)              one byte, the lowest of the length
//   ioctl, any other                struct sockaddr, or the int that stands in its place
//
// Where a script has ended, every call is refused with EPERM.
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_REFUSED 0x80

enum {
  SCRIPT_FOREIGN = 1 << 0,   // recvmsg: from a process
  SCRIPT_TRUNCATED = 1 << 1, // recvmsg: with MSG_TRUNC
  SCRIPT_RAW = 1 << 2,       // recvmsg: with the sequence numbers of the script, not the request's
  SCRIPT_TIMEOUT = 1 << 0,   // poll: nothing became readable
  SCRIPT_ECHO = 1 << 0,      // ioctl: no bytes follow. SIOCGIFINDEX answers what the last
                             // SIOCGIFNAME was asked about, others what they were asked with
};

static const int script_errnos[] = {
    EPERM,  EACCES, EAFNOSUPPORT,  EOPNOTSUPP, ENOSYS,          EINTR,
    EAGAIN, ENOMEM, ENOBUFS,       EMFILE,     ENOENT,          ENODEV,
    EINVAL, EIO,    EADDRNOTAVAIL, ENOTTY,     EPROTONOSUPPORT, ENXIO};
#define SCRIPT_ERRNO_COUNT (sizeof(script_errnos) / sizeof(*script_errnos))

// Answers from these bytes until script_end(), which fails if a descriptor is still open.
void script_start(const uint8_t *bytes, size_t size);
void script_end(void);
