// What the sources share: how each is asked, and the few things they do to a snapshot.
// Internal to the core; a source knows this header, the public one, and no other source.
#pragma once

#include "snapshot.h"

#include <stdbool.h>

// Each of these asks one kernel interface, adds what it answers to the snapshot, and sets
// `told`, and on a refusal `call` and `error`, in the attempt. Each returns 0, or a negative errno
// when it told nothing; it then leaves the snapshot as it found it.

// rtnetlink.c: any of the facts.
int osh_rtnetlink_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt);

// ioctl.c: OSH_FACT_IPV4. `fd` is from osh_ioctl_open(), which also says of which family it is.
// osh_ioctl_read() adds the addresses, by their labels alone, and leaves what the kernel answered
// in `list`, which is zeroed before and whose `ifc_req` the caller frees. osh_ioctl_locate() finds
// their links and prefix lengths, needs sorted links, and is the quicker the more of them have
// names; addresses whose label names no link that has them stay without an ifindex, for osh_tie().
// What it found is of one piece if the list is still unchanged when all is done. With NULL for the
// list it asks about each address by itself and takes no link for complete, which is true enough
// even when the list keeps changing. Returns 1 when something is left or doubtful for osh_tie(), 0,
// or -ENOMEM.
int osh_ioctl_open(int *family, struct osh_attempt *attempt);
int osh_ioctl_read(struct osh_snapshot *snapshot, int fd, struct ifconf *list,
                   struct osh_attempt *attempt);
int osh_ioctl_locate(struct osh_snapshot *snapshot, int fd, int family, const struct ifconf *list,
                     struct osh_attempt *attempt);
bool osh_ioctl_unchanged(int fd, const struct ifconf *list);

// procfs.c: OSH_FACT_IPV6.
int osh_procfs_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt);

// link.c: OSH_FACT_LINKS for the links that the addresses name, by netdevice(7) ioctls on a socket
// of any family. Returns 0; -ENODEV when a link went away meanwhile, which is left out, so that
// asking for all again is better; or the negative errno of the first refusal, with its name in
// `*call`.
int osh_links_complete(struct osh_snapshot *snapshot, int fd, const char **call);

// Flags and hardware address of a link that is known to have its name, now and a moment ago; where
// they are refused, it stays as it is.
void osh_link_take(struct osh_link *link, int fd);

// tie.c: finds the links of the addresses that osh_ioctl_read() could not tie to one, on a socket
// of the same family; omits those that it cannot find. `procfs`: /proc may name further links.
// 0 or -ENOMEM.
int osh_tie(struct osh_snapshot *snapshot, int fd, int family, bool procfs);

// infer.c: what the snapshot still lacks and /proc can suggest, all of it marked as inferred.
// `procfs` false: without reading anything.
void osh_infer(struct osh_snapshot *snapshot, bool procfs);

// snapshot.c: each appends a zeroed element and returns it, or NULL when there is no memory.
struct osh_link *osh_add_link(struct osh_snapshot *snapshot);
struct osh_address *osh_add_address(struct osh_snapshot *snapshot);

// Notes an address that is left out; 0 or -ENOMEM.
int osh_omit(struct osh_snapshot *snapshot, const struct osh_address *address);

// Makes sure that there is a link for `ifindex`, if only a number; 0 or -ENOMEM. Links may repeat
// until osh_sort_links() has put them in order and merged those of one ifindex.
int osh_mention_link(struct osh_snapshot *snapshot, uint32_t ifindex);
void osh_sort_links(struct osh_snapshot *snapshot);

// The link of that ifindex, or NULL. Needs sorted links. `hint` speeds up a walk over addresses,
// which come link by link: it holds the place of the last link found, and starts at 0.
struct osh_link *osh_find_link(const struct osh_snapshot *snapshot, uint32_t ifindex, size_t *hint);

// How much of a label is the name of a link: all up to a colon, which no link's name may hold.
size_t osh_label_link_length(const char *label);

// Whether a label names the link, and the first link that it names, or NULL. An empty label, or one
// that begins with its colon, names none.
bool osh_label_names(const char *label, const struct osh_link *link);
struct osh_link *osh_find_labelled(const struct osh_snapshot *snapshot, const char *label);

// Notes the first refusal of an attempt; later ones are its consequences. Returns `error`.
int osh_refused(struct osh_attempt *attempt, const char *call, int error);
