// The public header of the core: what the kernel says about its network interfaces, read once.
//
// The core knows nothing of Node or N-API. It keeps no global state, prints nothing, and may be
// called from any number of threads at once. Facts come from up to three sources, tried in a fixed
// order, each asked only for what is still missing; whatever had to be inferred says so.
#pragma once

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

// The facts a snapshot is made of, as a bit set.
enum osh_fact {
  OSH_FACT_LINKS = 1 << 0, // name, flags and hardware address of every link an address is on
  OSH_FACT_IPV4 = 1 << 1,
  OSH_FACT_IPV6 = 1 << 2,
};

#define OSH_FACTS_ALL (OSH_FACT_LINKS | OSH_FACT_IPV4 | OSH_FACT_IPV6)

// The kernel interfaces the facts come from, in the order in which they are tried.
enum osh_source {
  OSH_SOURCE_RTNETLINK, // rtnetlink(7)
  OSH_SOURCE_IOCTL,     // netdevice(7)
  OSH_SOURCE_PROCFS,    // proc_pid_net(5)
  OSH_SOURCE_COUNT,
};

#define OSH_SOURCE_BIT(source) (1u << (source))
#define OSH_SOURCES_ALL (OSH_SOURCE_BIT(OSH_SOURCE_COUNT) - 1)

// What came of asking one source.
enum osh_status {
  OSH_STATUS_SKIPPED,  // not asked: nothing was missing, or the caller left it out
  OSH_STATUS_ANSWERED, // told everything that it was asked for
  OSH_STATUS_PARTIAL,  // told some of it; `error` says what it could not, or, where it is -EINTR,
                       // that it changed all the while
  OSH_STATUS_DENIED,   // a policy refused it
  OSH_STATUS_ABSENT,   // this kernel, or this file system, does not have it
  OSH_STATUS_FAILED,   // something else went wrong, most of it passing
};

// Marks on a link: which of its members were told by the kernel. A member without its mark is zero,
// or, where the mark is OSH_LINK_INFERRED, a guess.
enum osh_link_mark {
  OSH_LINK_NAME = 1 << 0,
  OSH_LINK_FLAGS = 1 << 1,
  OSH_LINK_HWADDR = 1 << 2,
  OSH_LINK_INFERRED =
      1 << 3, // `flags` were inferred: IFF_UP and IFF_LOOPBACK from routes and addresses
};

struct osh_link {
  uint32_t ifindex; // as if_nametoindex(3)
  uint32_t flags;   // IFF_*, host byte order; the lower 16 bits at least
  uint16_t type;    // ARPHRD_*, host byte order; told with the hardware address
  uint8_t marks;    // enum osh_link_mark
  uint8_t hwaddr_len;
  uint8_t hwaddr[32];  // MAX_ADDR_LEN of the kernel; by ioctl at most 14 bytes of it
  char name[IFNAMSIZ]; // terminated; arbitrary bytes but for '/', ':' and white space
};

// Marks on an address.
enum osh_address_mark {
  OSH_ADDRESS_PREFIX_KNOWN = 1 << 0, // `prefix_len` is set
  OSH_ADDRESS_PREFIX_INFERRED =
      1 << 1,                         // and was inferred from routes, or, without one, is a host's
  OSH_ADDRESS_LINK_INFERRED = 1 << 2, // `ifindex` has only the label's word for it
};

struct osh_address {
  uint8_t family; // AF_INET or AF_INET6
  uint8_t prefix_len;
  uint8_t marks;       // enum osh_address_mark
  uint8_t bytes[16];   // network byte order; IPv4 in the first four
  char name[IFNAMSIZ]; // IPv4: its label, terminated, arbitrary bytes; empty: the link's name
  uint32_t ifindex;    // the link it is on
  uint32_t order;      // in which its source told it
  uint32_t link;       // that link's place in osh_snapshot.links
  uint32_t mac_link;   // place of the link whose name is the label up to its colon, or OSH_NO_LINK
};

#define OSH_NO_LINK UINT32_MAX

// An address that was seen and left out, because no source could say which link it is on, or
// because that link went away each time it was asked for.
struct osh_omission {
  uint8_t family;
  uint8_t bytes[16];
  char name[IFNAMSIZ];
};

// What one source answered. `call` and `error` name the first refusal that cost something, also
// where the source found another way.
struct osh_attempt {
  enum osh_status status;
  unsigned asked;   // facts it was asked for
  unsigned told;    // facts it gave
  int error;        // negative errno, 0 when nothing was refused
  const char *call; // a literal such as "socket(AF_NETLINK)", NULL when nothing was refused
};

struct osh_snapshot {
  struct osh_link *links; // by ascending ifindex
  size_t link_count;
  struct osh_address *addresses; // as the kernel's address dump orders them: IPv4, then IPv6
  size_t address_count;
  struct osh_omission *omissions;
  size_t omission_count;
  struct osh_attempt attempts[OSH_SOURCE_COUNT];
  unsigned missing; // facts that no source told
};

// Reads the network interfaces of the calling thread's network namespace.
//
// snapshot  is overwritten; free it with osh_snapshot_free(), whatever is returned
// sources   a set of OSH_SOURCE_BIT()s to use; the others are skipped
//
// Returns 0 when at least the addresses of one family were told (`missing` says what was not), or
// the negative errno of the first source that did not answer. Either way `attempts` tells of every
// source.
int osh_snapshot_read(struct osh_snapshot *snapshot, unsigned sources);

// Releases what osh_snapshot_read() took, and leaves an empty snapshot. Safe on a zeroed one.
void osh_snapshot_free(struct osh_snapshot *snapshot);

// The words that diagnose() shows; static strings, never NULL.
const char *osh_source_name(enum osh_source source);
const char *osh_status_name(enum osh_status status);
