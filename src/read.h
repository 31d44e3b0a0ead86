// The network interfaces of the calling thread's network namespace, read from the kernel.
//
// This is the only function that reads them. It knows nothing of Node or N-API, keeps no global
// state, prints nothing, and may be called by any number of threads at once.
#pragma once

#include "core/snapshot.h"

// Asks the sources in their order, each for what is still missing. Reads again, four times in all
// at most, if the network changed meanwhile, or if a label does not match its link.
//
// snapshot  is overwritten; osh_snapshot_free() it, whatever is returned
// request   which sources to use, and what to read beyond the addresses and their links
//
// Returns 0 if the addresses of at least one family were read (`missing` says what was not); or the
// negative errno of the first source that failed, and the snapshot then has no addresses. If
// descriptors or memory run out and that costs anything, the whole read fails: a shortage is
// temporary, and a part of the addresses would look like all of them. In each case `attempts`
// describes every source.
//
// Has at most two descriptors open at a time.
int osh_read(struct osh_snapshot *snapshot, struct osh_request request);
