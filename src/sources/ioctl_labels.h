// Which link an IPv4 address is on if its label does not say so. A label may be empty, name no
// link, or name another one: `ip addr add … label anything` sets it, and renaming a link to a name
// of 14 or 15 bytes truncates its labels (inetdev_changename()).
//
// Without memory or descriptors, each function records that, and its result is of no use.
#pragma once

#include "ioctl.h"

// Sets `has_duplicates` if an IPv4 address is listed more than once: then the kernel's answer about
// it may be about another link.
void osh_ioctl_find_duplicates(struct osh_snapshot *snapshot, struct osh_attempt *attempt);

// Marks what is uncertain of equal addresses with one label, checks the links that only labels
// suggest, and sets the ifindex of addresses that the kernel lists between two of one link. The
// IPv4 addresses come first. Returns how many still have no ifindex.
size_t osh_ioctl_check_labels(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                              struct osh_attempt *attempt);

// Looks up the IPv4 addresses without an ifindex on every link of the snapshot; or without an IP
// socket by the links' names, if it has all links. Omits those that are found on none, or on
// several.
void osh_ioctl_search_links(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                            bool has_all_links, struct osh_attempt *attempt);
