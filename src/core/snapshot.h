// A snapshot: the links and addresses that one read found, and what each source answered.
// Types and arrays only: nothing in this folder makes a system call.
#pragma once

#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a read has to find, and what a source provides, as a bit set.
enum osh_fact {
  OSH_FACT_LINKS = 1 << 0, // name, flags and hardware address of every link that an address is on
  OSH_FACT_IPV4 = 1 << 1,  // every IPv4 address
  OSH_FACT_IPV6 = 1 << 2,  // every IPv6 address
  OSH_FACT_ALL_LINKS = 1 << 3, // the links that no address is on
};

// The kernel interfaces that a snapshot is read from, in the order in which they are tried.
enum osh_source {
  OSH_SOURCE_RTNETLINK, // rtnetlink(7)
  OSH_SOURCE_IOCTL,     // netdevice(7)
  OSH_SOURCE_PROCFS,    // proc_pid_net(5)
  OSH_SOURCE_COUNT,
};

#define OSH_SOURCE_BIT(source) (1u << (source))
#define OSH_SOURCES_ALL (OSH_SOURCE_BIT(OSH_SOURCE_COUNT) - 1)

// What osh_read() has to read: always the addresses and their links; more if a member says so.
struct osh_request {
  unsigned sources; // OSH_SOURCE_BIT()s of the sources that may be asked
  bool all_links;   // also the links that no address is on
  bool details;     // also osh_link_details, osh_address_details and alternative names
  // A netlink socket whose network namespace rtnetlink reads; NULL: the calling thread's.
  const int *netlink;
};

// The result of asking one source.
enum osh_status {
  OSH_STATUS_SKIPPED,  // not asked: nothing was missing, or the request excludes it
  OSH_STATUS_ANSWERED, // provided everything that was requested of it
  OSH_STATUS_PARTIAL,  // provided some of it: `error` says why not the rest, or is 0 if the source
                       // cannot report that; or all of it, and `error` is -EINTR: the network
                       // changed during every try
  OSH_STATUS_DENIED,   // refused by a policy
  OSH_STATUS_ABSENT,   // this kernel or file system does not have it
  OSH_STATUS_FAILED,   // failed for another, mostly temporary, reason
};

// One source's part in a read. `call` and `error` name the first failure that cost something, even
// if the source found another way. A shortage and -EINTR replace an earlier failure.
struct osh_attempt {
  enum osh_status status;
  unsigned requested; // enum osh_fact
  unsigned provided;  // enum osh_fact
  int error;          // negative errno; 0 if nothing failed
  const char *call;   // a literal such as "socket(AF_NETLINK)"; NULL if nothing failed
};

// Which members of a link are set. The others are zero.
enum osh_link_fact {
  OSH_LINK_NAME = 1 << 0,
  OSH_LINK_FLAGS = 1 << 1,
  OSH_LINK_HWADDR = 1 << 2,         // `type`, `hwaddr_len` and `hwaddr`
  OSH_LINK_FLAGS_INFERRED = 1 << 3, // instead of OSH_LINK_FLAGS: IFF_UP, IFF_RUNNING and
                                    // IFF_LOOPBACK inferred from routes and addresses
  OSH_LINK_NAME_CONFIRMED = 1 << 4, // with OSH_LINK_NAME: an address under it is on the link
  OSH_LINK_HAS_ROUTES = 1 << 5,     // with OSH_LINK_FLAGS_INFERRED: IPv6 routes have its name
  OSH_LINK_HWADDR_CUT = 1 << 6,     // with OSH_LINK_HWADDR: `hwaddr` may be only the beginning
};

struct osh_link {
  uint32_t ifindex;    // as of if_nametoindex(3)
  uint32_t flags;      // IFF_*, host byte order; by ioctl the lower 16 bits
  uint16_t type;       // ARPHRD_*, host byte order
  uint8_t facts;       // enum osh_link_fact
  uint8_t hwaddr_len;  // bytes of `hwaddr`
  uint8_t hwaddr[32];  // MAX_ADDR_LEN of the kernel; by ioctl at most 14 bytes of it
  char name[IFNAMSIZ]; // terminated; any bytes but '/', ':' and white space
  uint32_t order; // position in the kernel's dump, with `all_links` or `details`; 0 without a dump
  uint32_t details; // 1 + index in osh_snapshot.link_details; 0 without details
};

// Which members of a link's details are set. The others are zero.
enum osh_link_detail {
  OSH_LINK_MTU = 1 << 0,
  OSH_LINK_OPERSTATE = 1 << 1,
  OSH_LINK_KIND = 1 << 2,
  OSH_LINK_BROADCAST = 1 << 3, // `broadcast_len` and `broadcast`
  OSH_LINK_STATS = 1 << 4,
};

struct osh_link_details {
  uint8_t facts;                // enum osh_link_detail
  uint8_t operstate;            // IF_OPER_* (RFC 2863)
  uint8_t broadcast_len;        // bytes of `broadcast`
  uint8_t broadcast[32];        // hardware broadcast address
  char kind[32];                // IFLA_INFO_KIND, such as "veth"; empty for hardware; terminated
  uint32_t mtu;                 // bytes
  struct rtnl_link_stats stats; // three of /proc/net/dev's counters are sums, see procfs_parse.c
};

// Another name of a link (`ip link property add … altname …`).
struct osh_alternative_name {
  uint32_t ifindex;
  char name[128]; // ALTIFNAMSIZ of the kernel; terminated
};

// What is known of an address.
enum osh_address_fact {
  OSH_ADDRESS_PREFIX_KNOWN = 1 << 0,    // the kernel reported `prefix_len`
  OSH_ADDRESS_PREFIX_INFERRED = 1 << 1, // `prefix_len` was inferred from routes, or is a host's;
                                        // with PREFIX_KNOWN: it may be an equal address's
  OSH_ADDRESS_LINK_INFERRED = 1 << 2,   // only the label says that `ifindex` is right
  OSH_ADDRESS_UNCHECKED = 1 << 3,       // IFA_F_TENTATIVE or IFA_F_NODAD: without duplicate
                                        // address detection, for which a link must be up
};

struct osh_address {
  uint8_t family; // AF_INET or AF_INET6
  uint8_t prefix_len;
  uint8_t facts;        // enum osh_address_fact
  uint8_t bytes[16];    // network byte order; IPv4 in the first four
  char label[IFNAMSIZ]; // IPv4: IFA_LABEL, terminated, any bytes; empty: the link's name
  uint32_t ifindex;     // the link that it is on; 0 while unknown
  uint32_t order;       // for osh_sort_addresses()
  uint32_t link;        // index in osh_snapshot.links of the link that it is on
  uint32_t mac_link;    // index of the link that the label names, up to a colon; or OSH_NO_LINK
  uint32_t details;     // 1 + index in osh_snapshot.address_details; 0 without details
};

#define OSH_NO_LINK UINT32_MAX

// Which members of an address's details are set. The others are zero.
enum osh_address_detail {
  OSH_ADDRESS_SCOPE = 1 << 0,
  OSH_ADDRESS_FLAGS = 1 << 1,
  OSH_ADDRESS_BROADCAST = 1 << 2, // also if it is known that there is none
  OSH_ADDRESS_PEER = 1 << 3,      // also if it is known that there is none
};

struct osh_address_details {
  uint8_t facts;        // enum osh_address_detail
  uint8_t scope;        // RT_SCOPE_*
  uint8_t broadcast[4]; // network byte order; zeros: none
  uint8_t peer[16];     // network byte order; zeros: none. IPv4 without a peer: the address itself
  uint32_t flags;       // IFA_F_*; by procfs the lower 8 bits
};

// An address that the kernel reported and the snapshot leaves out: no source could say which link
// it is on, or that link was gone each time.
struct osh_omission {
  uint8_t family;
  uint8_t bytes[16];
  char label[IFNAMSIZ];
};

struct osh_snapshot {
  struct osh_request request;
  struct osh_link *links; // by ascending ifindex
  size_t link_count;
  struct osh_address *addresses; // in the order of the kernel's dump: IPv4, then IPv6
  size_t address_count;
  struct osh_omission *omissions;
  size_t omission_count;
  struct osh_link_details *link_details; // in no order
  size_t link_details_count;
  struct osh_address_details *address_details; // in no order
  size_t address_details_count;
  struct osh_alternative_name *alternative_names;
  size_t alternative_name_count;
  struct osh_attempt attempts[OSH_SOURCE_COUNT];
  unsigned missing;    // enum osh_fact: requested, and provided by no source
  bool is_doubtful;    // may mix two states, unless another read has the same result
  bool has_duplicates; // without rtnetlink: an IPv4 address is listed more than once
};

// Each appends a zeroed element, with zeroed details if they are requested. Returns it, valid until
// the next one is appended; or NULL without memory.
struct osh_link *osh_add_link(struct osh_snapshot *snapshot);
struct osh_address *osh_add_address(struct osh_snapshot *snapshot);

// Each returns the details of an element of `snapshot`, valid until the next element is appended;
// or NULL if there are none.
struct osh_link_details *osh_link_details(const struct osh_snapshot *snapshot,
                                          const struct osh_link *link);
struct osh_address_details *osh_address_details(const struct osh_snapshot *snapshot,
                                                const struct osh_address *address);

// Appends a name of `length` bytes, which need not be terminated. A name that is too long is left
// out. Returns 0 or -ENOMEM.
int osh_add_alternative_name(struct osh_snapshot *snapshot, uint32_t ifindex, const char *name,
                             size_t length);

// Records that `address` is left out. Returns 0 or -ENOMEM.
int osh_add_omission(struct osh_snapshot *snapshot, const struct osh_address *address);

// Whether descriptors or memory ran out: EMFILE, ENFILE, ENOMEM or ENOBUFS. `error`: negative.
bool osh_is_shortage(int error);

// Records a failure, unless one is recorded already: later ones are consequences of the first. But
// a shortage replaces a refusal: other calls may report what the refused one would have.
void osh_record_failure(struct osh_attempt *attempt, const char *call, int error);

// Records the failure of a call whose refusal costs nothing: only if it is a shortage.
void osh_record_shortage(struct osh_attempt *attempt, const char *call, int error);

// Records -EINTR: what `call` read changed during each try. Replaces a failure, except a shortage.
void osh_record_change(struct osh_attempt *attempt, const char *call);

// Whether two reads found the same addresses and omissions. Ignores the facts of the links.
bool osh_snapshot_equals(const struct osh_snapshot *a, const struct osh_snapshot *b);

// Removes all links, addresses, details and omissions; keeps the memory, the request and the
// attempts.
void osh_snapshot_clear(struct osh_snapshot *snapshot);

// Releases everything, and leaves an empty snapshot. A zeroed snapshot may be freed.
void osh_snapshot_free(struct osh_snapshot *snapshot);

// Static strings, never NULL: "rtnetlink", "ioctl", "procfs"; "skipped", "answered", …
const char *osh_source_name(enum osh_source source);
const char *osh_status_name(enum osh_status status);
