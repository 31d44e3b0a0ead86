// netdevice(7) requests about links, on a descriptor that the caller opened. The kernel answers
// them on a socket of any family, netlink included: sock_ioctl() passes them to dev_ioctl() before
// the family sees them. One request costs less than RTM_GETLINK's message of over a kilobyte.
// gVisor is not Linux: with the host's network, its IP sockets answer most of them with ENOTTY, and
// its UNIX sockets answer those. So after ENOTTY a UNIX socket is asked.
#pragma once

#include "../core/snapshot.h"

// Asks for the ifindex of the link that a label names, by its name or an alternative one; a name is
// a label, too. Returns 0 or a negative errno.
int osh_netdevice_ifindex(int fd, const char *label, uint32_t *ifindex);

// Fills in name, flags and hardware address, and if requested the details, of every link of the
// snapshot that lacks one of them, and adds the links that only labels name, unless a request was
// refused. Sorts the links. Removes the links that no longer exist.
//
// Clears `*consistent` if a link was removed, or renamed during each of four tries. Returns 0, or
// the negative errno of the first shortage or else of the first request that was refused, with its
// name in `*call`, a literal.
int osh_netdevice_complete_links(struct osh_snapshot *snapshot, int fd, bool *consistent,
                                 const char **call);

// Whether the same links are up as in the snapshot: a link that goes down loses its routes, and
// keeps its IPv4 addresses. A refused request counts as unchanged.
bool osh_netdevice_are_states_unchanged(const struct osh_snapshot *snapshot, int fd);
