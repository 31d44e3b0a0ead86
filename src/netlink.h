// How rtnetlink answers are understood. Pure: bytes in, links and addresses out. Tests and fuzzers
// call these as the source does.
#pragma once

#include "source.h"

#include <stdbool.h>

// One dump being received.
struct osh_dump {
  struct osh_snapshot *snapshot;
  uint32_t seq;     // of the request; messages of another are passed over
  bool interrupted; // the kernel said that what it listed changed meanwhile (NLM_F_DUMP_INTR)
};

// Takes one datagram of `length` bytes, aligned as struct nlmsghdr, into the snapshot. Returns 1
// when more is to come, 0 at the end of the dump, or a negative errno: the kernel's own refusal,
// -EBADMSG for bytes that are no netlink message, -ENOMEM.
int osh_dump_take(struct osh_dump *dump, const void *datagram, size_t length);
