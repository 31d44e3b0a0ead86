// Parses the answer to an RTM_GETADDR or RTM_GETLINK dump: bytes in, links and addresses out.
#pragma once

#include "../core/snapshot.h"

// One dump being received.
struct osh_dump {
  struct osh_snapshot *snapshot; // receives what the messages describe, as its request asks
  uint32_t seq;                  // of the request; messages with another one are skipped
  bool interrupted;              // set if a change interrupted the dump: the kernel says so
                                 // (NLM_F_DUMP_INTR), or an address is repeated
  size_t hint;                   // index of the link found last; 0 at first
  uint32_t link_count;           // links listed so far
};

// Parses one datagram of `length` bytes, aligned as struct nlmsghdr. Returns 1 if more is to come,
// 0 at the end of the dump, or a negative errno: the kernel's own refusal, -EBADMSG for bytes that
// are no netlink message, -ENOMEM.
int osh_parse_datagram(struct osh_dump *dump, const void *datagram, size_t length);
