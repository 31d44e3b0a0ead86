// rtnetlink(7) as a source, which reports every fact; and a probe that repeats glibc's calls.
#pragma once

#include "../core/snapshot.h"

// Reads what `snapshot->request` asks for into an empty snapshot, whose links it sorts. Sets
// `provided` in the attempt, and records the first failure there. A source that provides no
// addresses leaves the snapshot empty.
//
// Returns whether the result is consistent: false if the network changed while it was read, so that
// another read may be better.
bool osh_rtnetlink_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt);

// Repeats the calls of glibc's getifaddrs(3): socket(2), bind(2), getsockname(2), and both dumps.
// Records the first that fails in an empty attempt.
void osh_rtnetlink_probe(struct osh_attempt *attempt);
