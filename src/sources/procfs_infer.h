// What no source provides and /proc/net suggests: prefix lengths by on-link routes, and flags of
// links by routes and addresses. Marks everything as inferred, and changes nothing that is known.
#pragma once

#include "../core/snapshot.h"

// Infers what the snapshot lacks. Needs sorted links. `may_read`: whether /proc may be read;
// without it, the addresses alone suggest something.
void osh_procfs_infer(struct osh_snapshot *snapshot, bool may_read);
