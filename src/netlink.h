// How rtnetlink is asked, and how its answers are understood. The latter is pure: bytes in, links
// and addresses out. Tests and fuzzers call it as the source does.
#pragma once

#include "source.h"

#include <stdbool.h>
#include <sys/types.h>

struct mnl_socket;
struct nlattr;
struct nlmsghdr;

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

// The messages of one dump, for who wants others of them, or more of each: `take` gets those of
// `seq` that neither end the dump nor refuse it, and returns 0 or a negative errno.
struct osh_messages {
  uint32_t seq;
  bool interrupted;
  int (*take)(const struct nlmsghdr *message, void *data);
  void *data;
};

// As osh_dump_take().
int osh_messages_take(struct osh_messages *messages, const void *datagram, size_t length);

// Calls `take` with each attribute after the header until that says MNL_CB_STOP.
typedef int osh_attribute_fn(const struct nlattr *attribute, void *data);
void osh_parse_attributes(const struct nlmsghdr *message, size_t header_size,
                          osh_attribute_fn *take, void *data);

// rtnetlink.c: asks for a dump of RTM_GETADDR or RTM_GETLINK; 0 or a negative errno.
int osh_rtnetlink_send(const struct mnl_socket *socket, uint16_t type, uint32_t seq);

// Receives a dump from the kernel and from nobody else. `take` gets each datagram, and returns what
// osh_dump_take() does. 0 or a negative errno; -EOVERFLOW for a dump that does not end.
typedef int osh_datagram_fn(void *data, const void *datagram, size_t length);
int osh_rtnetlink_receive(int fd, osh_datagram_fn *take, void *data);
