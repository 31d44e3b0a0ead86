// The addresses of a snapshot: in the kernel's order, each with the link that it is on.
#pragma once

#include "snapshot.h"

// Makes the last `count` addresses the first; all keep their order otherwise.
void osh_move_to_front(struct osh_snapshot *snapshot, size_t count);

// Sorts the addresses as the kernel's RTM_GETADDR dump does: IPv4 before IPv6, by ifindex, and on
// one link IPv6 by falling scope. Sets `order`.
void osh_sort_addresses(struct osh_snapshot *snapshot);

// Sets `link` and `mac_link` of each address; needs sorted links. Moves the addresses whose link is
// not there, or has no name, to the omissions. Returns 0 or -ENOMEM.
int osh_resolve_links(struct osh_snapshot *snapshot);

// Whether a label does not name the link that its address is on, or an address was omitted. Either
// that is so, or the link was renamed or removed between two requests.
bool osh_has_mismatches(const struct osh_snapshot *snapshot);

// Discards what a source reported of an address: it was about another address.
void osh_forget_answers(struct osh_address *address);

// Removes all addresses of a family.
void osh_remove_addresses(struct osh_snapshot *snapshot, int family);

// Returns the name that callers see the address under: its label, or without one its link's name.
// Needs osh_resolve_links(). Valid as long as the snapshot.
const char *osh_address_name(const struct osh_snapshot *snapshot,
                             const struct osh_address *address);

// Whether all bytes are zero, which in osh_address_details means that there is none.
bool osh_is_zero(const uint8_t *bytes, size_t count);

// Whether a scope id belongs to an IPv6 address: it is link-local, unicast or multicast (fe80::/10;
// ff02::/16, with any flags). `bytes`: 16, network byte order.
bool osh_is_link_local(const uint8_t *bytes);
