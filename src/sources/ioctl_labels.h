// Which link an IPv4 address is on if its label does not say so. A label may be empty, name no
// link, or name another one: `ip addr add … label anything` sets it, and renaming a link to a name
// of 14 or 15 bytes truncates its labels (inetdev_changename()).
#pragma once

#include "ioctl.h"

// Sets `has_duplicates` if an IPv4 address is listed more than once: then the kernel's answer about
// it may be about another link. Returns 0 or -ENOMEM.
int osh_ioctl_find_duplicates(struct osh_snapshot *snapshot, struct osh_ioctl *source);

// Marks what is uncertain of equal addresses with one label, checks the links that only labels
// suggest, and sets the ifindex of addresses that the kernel lists between two of one link. The
// IPv4 addresses come first. Returns how many have no ifindex then, or -ENOMEM.
int osh_ioctl_check_labels(struct osh_snapshot *snapshot, const struct osh_ioctl *source);

// Whether the socket can be used for a search: IP_MULTICAST_IF is an option of IP sockets.
bool osh_ioctl_may_search(const struct osh_ioctl *source);

// Looks up the IPv4 addresses without an ifindex on every link of the snapshot, and omits those
// that are found on none, or on several. Returns 0 or -ENOMEM.
int osh_ioctl_search_links(struct osh_snapshot *snapshot, const struct osh_ioctl *source);
