// The calls by which the core and libmnl reach the kernel and the heap, each of which can be made
// to fail: the n-th of a read once, or from there on every one of its kind. What a mode denies is
// refused by the same calls.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum call {
  CALL_MALLOC, // and calloc, realloc, aligned_alloc, and those of libmnl
  CALL_SOCKET,
  CALL_SOCKETPAIR,
  CALL_SETSOCKOPT,
  CALL_SENDTO,
  CALL_RECVMSG,
  CALL_POLL,
  CALL_IOCTL,
  CALL_OPEN,
  CALL_READ,
  CALL_CLOSE,
  CALL_DLOPEN,
  CALL_DLSYM,
  CALL_COUNT,
};

extern const char *const call_names[CALL_COUNT];

// What can happen in place of what would have.
enum how {
  HOW_REFUSE,      // with an errno
  HOW_SHORT,       // read, recvmsg: less than there is
  HOW_EMPTY,       // recvmsg: a datagram of no bytes before the kernel's
  HOW_TRUNCATED,   // recvmsg: the first message alone, and MSG_TRUNC
  HOW_FOREIGN,     // recvmsg: an address from a process, before the kernel's datagram
  HOW_ENDLESS,     // recvmsg: this datagram again and again
  HOW_ERROR,       // recvmsg: NLMSG_ERROR after the first message
  HOW_DONE_ERROR,  // recvmsg: NLMSG_DONE that tells an errno, after the first message
  HOW_INTERRUPTED, // recvmsg: the first message alone, and NLM_F_DUMP_INTR
  HOW_OTHER_SEQ,   // recvmsg: the same from the kernel, in answer to another request
  HOW_NO_LINK,     // recvmsg: addresses of a link that is not there
  HOW_GARBAGE,     // recvmsg: bytes that are no message
  HOW_HUGE,        // recvmsg: a message of over 2 GiB, as it says
  HOW_TIMEOUT,     // poll: nothing to be read
};

struct fault {
  enum call call;
  enum how how;
  int error;
};

extern const struct fault faults[];
extern const size_t fault_count;

// What a mode refuses with EPERM, whatever else fails.
struct denial {
  unsigned families; // of sockets, as a set of 1 << AF_
  bool socketpair;
  bool link_requests;  // RTM_GETLINK
  bool ioctls;         // all of them
  unsigned long ioctl; // this one
};

// Counts calls from 0 on, and makes call `at` fail so, and if `persistent` all of that kind after
// it. `fault` NULL: none.
void faults_start(const struct denial *denial, const struct fault *fault, size_t at,
                  bool persistent);
// Returns how many calls there were. Nothing fails, and nothing is denied, after it.
size_t faults_stop(void);
bool faults_paused(bool paused); // returns what it was; the calls of a check do not count

bool fault_happened(void);
enum call call_at(size_t at); // of the last count

// Blocks of memory that the core has, and descriptors that the process has.
long live_blocks(void);
int open_descriptors(void);
