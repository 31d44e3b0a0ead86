// How rtnetlink is asked, and how its answers are understood. The latter is pure: bytes in, links
// and addresses out. Tests and fuzzers call it as the source does.
#pragma once

#include "source.h"

#include <stdbool.h>
#include <sys/types.h>

struct mnl_socket;

// The kernel fills at most 32 KiB per datagram (netlink_dump()); a smaller buffer would cut
// messages off.
#define OSH_NETLINK_BUFFER_SIZE 32768

// One dump being received.
struct osh_dump {
  struct osh_snapshot *snapshot;
  uint32_t seq;     // of the request; messages of another are passed over
  bool interrupted; // the kernel said that what it listed changed meanwhile (NLM_F_DUMP_INTR)
  size_t hint;      // place of the last link found; starts at 0
};

// Takes one datagram of `length` bytes, aligned as struct nlmsghdr, into the snapshot. Returns 1
// when more is to come, 0 at the end of the dump, or a negative errno: the kernel's own refusal,
// -EBADMSG for bytes that are no netlink message, -ENOMEM.
int osh_dump_take(struct osh_dump *dump, const void *datagram, size_t length);

// rtnetlink.c: asks for a dump of RTM_GETADDR or RTM_GETLINK; 0 or a negative errno.
int osh_rtnetlink_send(const struct mnl_socket *socket, uint16_t type, uint32_t seq);

// The next datagram from the kernel, in OSH_NETLINK_BUFFER_SIZE bytes: its length, or a negative
// errno.
ssize_t osh_rtnetlink_receive(int fd, void *buffer);
