// What no source provides and /proc/net suggests: prefix lengths by on-link routes, and flags of
// links by routes and addresses. Marks everything as inferred, and changes nothing that is known.
#pragma once

#include "../core/snapshot.h"

struct osh_inference {
  bool prefixes;    // some prefix lengths were inferred
  bool is_doubtful; // names may be missing, or the routes be of another state, unless another read
                    // has the same result: a file changed during each reading, or a link with IPv6
                    // addresses has no routes
};

// Infers what the snapshot lacks, and records in procfs's attempt what cannot be read for that.
// Needs sorted links. `may_read`: whether /proc may be read; otherwise it infers from the addresses
// alone.
struct osh_inference osh_procfs_infer(struct osh_snapshot *snapshot, bool may_read);
