// A scripted kernel, for answers that no real one gives on demand: the core's calls reach script.c
// instead of libc. soak/fuzz/record.c writes scripts of a real kernel's answers.
//
// A script is what the calls return, one after the other. Each answer begins with a byte: below
// SCRIPT_REFUSED it is a success, and its SCRIPT_ bits say which; from there on it is a refusal,
// with the errno at that index of script_errnos. What follows a success depends on the call:
//
//   socket socketpair sendto open   nothing
//   setsockopt bind getsockname     nothing
//   poll                            nothing
//   recvmsg read                    the length of the data in two bytes, and the data
//   ioctl(SIOCGIFCONF)              the same; the data are struct ifreq. Without a buffer the
//   length ioctl(SIOCGIFNAME)              a name, IFNAMSIZ bytes ioctl(SIOCETHTOOL) one byte, the
//   lowest of the length ioctl, any other                struct sockaddr, or the int at its
//   beginning
//
// After the end of a script every call is refused with EPERM. fstatfs(2) is no part of a script:
// the answer to open(2) says what it returns.
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_REFUSED 0x80

enum {
  SCRIPT_FOREIGN = 1 << 0,   // recvmsg: from a process
  SCRIPT_TRUNCATED = 1 << 1, // recvmsg: with MSG_TRUNC
  SCRIPT_RAW = 1 << 2,       // recvmsg: with the sequence numbers of the script, not the request's
  SCRIPT_SWALLOWED = 1 << 0, // sendto: returns 0
  SCRIPT_TIMEOUT = 1 << 0,   // poll: nothing became readable
  SCRIPT_NOT_PROC = 1 << 0,  // open: the file is on another file system
  SCRIPT_NO_STATFS = 1 << 1, // open: fstatfs(2) will fail
  SCRIPT_LIE = 1 << 0,       // socketpair, getsockname: returns 0 without having been made
  SCRIPT_ECHO = 1 << 0,      // ioctl: no bytes follow. SIOCGIFINDEX returns the ifindex of the last
                             // SIOCGIFNAME, SIOCGIFNAME the name of the last other request, others
                             // return their own argument
};

static const int script_errnos[] = {
    EPERM,  EACCES, EAFNOSUPPORT,  EOPNOTSUPP, ENOSYS,          EINTR,
    EAGAIN, ENOMEM, ENOBUFS,       EMFILE,     ENOENT,          ENODEV,
    EINVAL, EIO,    EADDRNOTAVAIL, ENOTTY,     EPROTONOSUPPORT, ENXIO};
#define SCRIPT_ERRNO_COUNT (sizeof(script_errnos) / sizeof(*script_errnos))

// Answers from these bytes until script_end(), which fails if a descriptor is still open.
void script_start(const uint8_t *bytes, size_t size);
void script_end(void);

// Skips the rest of the script.
void script_abandon(void);

// After script_end(): how many bytes no call took, and how many calls found no bytes.
size_t script_unused(void);
size_t script_overrun(void);

// For how long poll(2) has waited: its whole timeout if nothing became readable, else 1 ms. No
// other time passes while a script runs.
int script_waited_ms(void);
