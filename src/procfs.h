// Text files of /proc/net: how they are read, and how one line of each is understood.
// The parsers are pure, take any bytes, and never look past `length`: tests and fuzzers call them.
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct osh_text {
  const char *bytes; // not terminated
  size_t length;
};

// Reads the whole of a file below /proc/thread-self/net, or where that cannot be opened,
// /proc/self/net. Returns 0 with the file in `*text`, whose memory is `*owned` for the caller to
// free; or a negative errno with the refused call in `*call`, a literal, and nothing to free.
enum osh_procfs_file {
  OSH_PROCFS_IF_INET6,
  OSH_PROCFS_ROUTE,
  OSH_PROCFS_IPV6_ROUTE,
  OSH_PROCFS_DEV,
};
int osh_procfs_slurp(enum osh_procfs_file file, char **owned, struct osh_text *text,
                     const char **call);

// Cuts the first line off `rest`, without its newline; false when nothing is left. A last line
// without a newline was cut short and is no line.
bool osh_next_line(struct osh_text *rest, struct osh_text *line);

// if_inet6 (if6_seq_show() in net/ipv6/addrconf.c).
struct osh_if_inet6 {
  uint8_t bytes[16]; // network byte order
  uint32_t ifindex;
  uint8_t prefix_len;
  char name[IFNAMSIZ]; // terminated, and zero from there on
};
bool osh_parse_if_inet6(struct osh_text line, struct osh_if_inet6 *entry);

// route (fib_route_seq_show() in net/ipv4/fib_trie.c): the main table.
struct osh_route {
  char name[IFNAMSIZ];  // terminated
  uint32_t destination; // as the kernel's __be32, in memory order
  uint32_t mask;        // likewise
  bool on_link;         // no gateway, not rejected
};
bool osh_parse_route(struct osh_text line, struct osh_route *route);

// ipv6_route (rt6_native_seq_show() in net/ipv6/route.c): all tables.
struct osh_ipv6_route {
  uint8_t destination[16]; // network byte order
  uint32_t metric;
  bool reject;         // refuses what it matches, whatever its link
  bool local;          // to an address of the host itself, which a link that is down has, too
  char name[IFNAMSIZ]; // terminated
};
bool osh_parse_ipv6_route(struct osh_text line, struct osh_ipv6_route *route);

// dev (dev_seq_printf_stats() in net/core/net-procfs.c): takes the name, which has room for
// IFNAMSIZ bytes. Of its two lines of headings neither is taken for a link's.
bool osh_parse_dev(struct osh_text line, char *name);
