// netdevice(7) as a source: IPv4 addresses, and the ifindex of links that are known by name.
#pragma once

#include "../core/snapshot.h"

#include <net/if.h>

// A socket for ioctl(2), and the addresses that it listed.
struct osh_ioctl {
  int fd;             // -1 if none could be opened
  int family;         // AF_INET, AF_INET6 or AF_UNIX: what the socket answers
  struct ifconf list; // SIOCGIFCONF's answer
};

// Opens a socket of the first family that the policy allows; osh_ioctl_close() it. Records
// refusals. Only an AF_INET socket answers requests about one address.
void osh_ioctl_open(struct osh_ioctl *source, struct osh_attempt *attempt);
void osh_ioctl_close(struct osh_ioctl *source);

// Adds every IPv4 address, by its label, before all others, and keeps the list. Sets OSH_FACT_IPV4
// in `provided`, or records the failure and adds nothing.
void osh_ioctl_read_addresses(struct osh_snapshot *snapshot, struct osh_ioctl *source,
                              struct osh_attempt *attempt);

// Sets the ifindex of links that have only a name, and removes those that no longer have it, which
// clears `*consistent`. Sorts the links. Returns 0 or the negative errno of the first request that
// was refused, -EBADF without a socket; such links are removed.
int osh_ioctl_number_links(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                           bool *consistent);

// Finds the link that each IPv4 address's label names, and asks for the prefix length, and if
// requested for the details. Addresses that are not on the link that their label names keep the
// ifindex 0, for ioctl_labels.h. Adds the links that labels name; needs sorted links, and leaves
// them unsorted. Makes `family` AF_UNIX if the socket proves to answer no more than a UNIX one.
// Records failures.
void osh_ioctl_locate_addresses(struct osh_snapshot *snapshot, struct osh_ioctl *source,
                                struct osh_attempt *attempt);

// Whether the kernel's list of IPv4 addresses is still the same.
bool osh_ioctl_is_unchanged(const struct osh_ioctl *source);
