// Parses lines of /proc/net's files. Every function takes any bytes, and none beyond `length`.
#pragma once

#include "../kernel/proc_net.h"

#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

// if_inet6 (if6_seq_show() in net/ipv6/addrconf.c).
struct osh_if_inet6 {
  uint8_t bytes[16]; // network byte order
  uint32_t ifindex;  // 1 or more
  uint8_t prefix_len;
  uint8_t scope;       // RT_SCOPE_*, translated from the kernel's IPV6_ADDR_*
  uint8_t flags;       // IFA_F_*, the lower 8 bits
  char name[IFNAMSIZ]; // terminated, and zero from there on
};
bool osh_parse_if_inet6(struct osh_text line, struct osh_if_inet6 *entry);

// route (fib_route_seq_show() in net/ipv4/fib_trie.c): the main table.
struct osh_route {
  char name[IFNAMSIZ];  // terminated
  uint32_t destination; // network byte order
  uint8_t prefix_len;
  bool on_link; // no gateway, not rejected
};
bool osh_parse_route(struct osh_text line, struct osh_route *route);
// Cuts off the heading. Returns false if the text begins otherwise.
bool osh_skip_route_heading(struct osh_text *rest);

// ipv6_route (rt6_native_seq_show() in net/ipv6/route.c): all tables.
struct osh_ipv6_route {
  uint8_t destination[16]; // network byte order
  uint32_t metric;
  bool reject;         // refuses what it matches, whatever its link
  bool local;          // to an address of the host itself, which a link that is down has, too
  char name[IFNAMSIZ]; // terminated; may be empty
};
bool osh_parse_ipv6_route(struct osh_text line, struct osh_ipv6_route *route);

// dev (dev_seq_printf_stats() in net/core/net-procfs.c).
struct osh_dev {
  char name[IFNAMSIZ]; // terminated, and zero from there on
  struct rtnl_link_stats stats;
};
bool osh_parse_dev(struct osh_text line, struct osh_dev *dev);
// Cuts off both lines of the heading. Returns false if the text begins otherwise.
bool osh_skip_dev_heading(struct osh_text *rest);
