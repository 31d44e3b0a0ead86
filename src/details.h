// What getifaddrs(3) tells beyond a snapshot: the links without addresses, broadcast and peer
// addresses, statistics. Read after a snapshot and beside it, so that os.networkInterfaces() does
// not pay for it. Internal to the core.
#pragma once

#include "source.h"

#include <linux/if_link.h>

struct osh_link_detail {
  struct osh_link link; // `hwaddr_len` 0: has no hardware address, or none is known
  uint8_t broadcast[32];
  uint8_t broadcast_len; // 0: none, or unknown
  bool has_stats;
  struct rtnl_link_stats stats; // from /proc/net/dev some counters are sums, see there
};

// The second address that getifaddrs(3) gives with one: of IPv4 the broadcast address, or where
// there is none the peer's (which without a peer is the address itself); of IPv6 the peer's.
enum osh_other {
  OSH_OTHER_UNKNOWN,
  OSH_OTHER_NONE,
  OSH_OTHER_TOLD,
};

struct osh_address_detail {
  enum osh_other other;
  uint8_t bytes[16];
};

struct osh_details {
  struct osh_link_detail *links; // every link, as the kernel's link dump orders them
  size_t link_count;
  size_t link_capacity;
  struct osh_address_detail *addresses; // beside those of the snapshot
};

// Reads what belongs to `snapshot`. `details` is overwritten; free it with osh_details_free(),
// whatever is returned: 0 or -ENOMEM. What no source tells is left out.
int osh_details_read(struct osh_details *details, const struct osh_snapshot *snapshot);
void osh_details_free(struct osh_details *details);

// Appends a zeroed link; NULL when there is no memory.
struct osh_link_detail *osh_add_link_detail(struct osh_details *details);

// details_rtnetlink.c: the dumps that getifaddrs(3) reads, too. Each returns 0 or a negative errno,
// and then leaves the details as it found them.
int osh_details_dump_links(struct osh_details *details);
int osh_details_dump_addresses(struct osh_details *details, const struct osh_snapshot *snapshot);

// details_ioctl.c: links, and broadcast and peer addresses of IPv4. 0 or -ENOMEM.
int osh_details_ask_links(struct osh_details *details, const struct osh_snapshot *snapshot);
void osh_details_ask_addresses(struct osh_details *details, const struct osh_snapshot *snapshot);

// details_procfs.c: the names of all links in /proc/net/dev, and their statistics.
typedef int osh_each_dev_fn(const char *name, const struct rtnl_link_stats *stats, void *data);
int osh_details_each_dev(osh_each_dev_fn *each, void *data);
