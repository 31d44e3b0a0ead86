// /proc/net as a source: IPv6 addresses, and the names of links.
#pragma once

#include "../core/snapshot.h"

// Adds every IPv6 address with the name of its link. Sets OSH_FACT_IPV6 in `provided`, or records
// the failure and adds nothing. Leaves the links unsorted.
void osh_procfs_read_addresses(struct osh_snapshot *snapshot, struct osh_attempt *attempt);

// Adds every link whose name is not known yet, without an ifindex, for osh_ioctl_number_links();
// and if requested the statistics of every link. If that fails, records it, adds nothing and
// returns false.
bool osh_procfs_read_links(struct osh_snapshot *snapshot, struct osh_attempt *attempt);
