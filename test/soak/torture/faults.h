// Makes calls of the core and libmnl to the kernel and the heap fail: the n-th call of a read, only
// or with every later one of its kind. The same calls refuse what a mode denies.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum call {
  CALL_MALLOC, // and calloc, realloc
  CALL_SOCKET,
  CALL_SOCKETPAIR,
  CALL_SETSOCKOPT,
  CALL_BIND,
  CALL_GETSOCKNAME,
  CALL_SENDTO,
  CALL_RECVMSG,
  CALL_POLL,
  CALL_IOCTL,
  CALL_OPEN,
  CALL_FSTATFS,
  CALL_READ,
  CALL_CLOSE,
  CALL_DLSYM,
  CALL_COUNT,
};

extern const char *const call_names[CALL_COUNT];

// What happens instead of the call.
enum how {
  HOW_REFUSE,      // with an errno
  HOW_SHORT,       // read, recvmsg: a part of the data
  HOW_EMPTY,       // recvmsg: an empty datagram before the kernel's
  HOW_TRUNCATED,   // recvmsg: only the first message, and MSG_TRUNC
  HOW_FOREIGN,     // recvmsg: an address from a process before the kernel's datagram
  HOW_ENDLESS,     // recvmsg: the same datagram from now on
  HOW_ERROR,       // recvmsg: NLMSG_ERROR after the first message
  HOW_DONE_ERROR,  // recvmsg: NLMSG_DONE with an errno after the first message
  HOW_INTERRUPTED, // recvmsg: some messages, more each time, and NLM_F_DUMP_INTR
  HOW_OTHER_SEQ,   // recvmsg: as HOW_FOREIGN, from the kernel with other sequence numbers
  HOW_NO_LINK,     // recvmsg: addresses of a link that does not exist
  HOW_GARBAGE,     // recvmsg: bytes that are no message
  HOW_HUGE,        // recvmsg: a message whose length is over 2 GiB
  HOW_TIMEOUT,     // poll: no datagram
};

struct fault {
  enum call call;
  enum how how;
  int error;
};

extern const struct fault faults[];
extern const size_t fault_count;

// What a mode refuses with EPERM, beside the fault.
struct denial {
  unsigned families; // of sockets, as a set of 1 << AF_
  bool socketpair;
  bool link_requests;  // RTM_GETLINK
  bool ioctls;         // all of them
  unsigned long ioctl; // this one
};

// Counts calls from 0 on, and makes call `at` fail, and if `persistent` every later one of its
// kind. Without a fault (NULL) only counts and denies.
void faults_start(const struct denial *denial, const struct fault *fault, size_t at,
                  bool persistent);
// Ends faults and denials. Returns how many calls were counted.
size_t faults_stop(void);
// Pauses or continues, for checks between calls. Returns whether it was paused.
bool faults_paused(bool paused);

// Whether the call of the fault was made.
bool fault_happened(void);
// The kind of call number `at`.
enum call call_at(size_t at);

// How many blocks of memory the core has allocated, and how many descriptors the process has open.
long live_blocks(void);
int open_descriptors(void);
