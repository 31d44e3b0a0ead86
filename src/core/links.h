// The links of a snapshot: in order, each once, found by ifindex or by label.
#pragma once

#include "snapshot.h"

// Makes sure that there is a link of that ifindex. Returns 0 or -ENOMEM. A link may repeat until
// osh_sort_links().
int osh_ensure_link(struct osh_snapshot *snapshot, uint32_t ifindex);

// Sorts the links by ifindex and merges those with the same one: of each fact, the value of the
// link with most facts that has it.
void osh_sort_links(struct osh_snapshot *snapshot);

// Returns the link of that ifindex, or NULL. Needs sorted links. `hint` is the index of the link
// found last, 0 at first: addresses come link by link.
struct osh_link *osh_find_link(const struct osh_snapshot *snapshot, uint32_t ifindex, size_t *hint);

// Returns how many bytes of a label are a link's name: all up to a colon, which no name may hold
// (dev_valid_name()).
size_t osh_label_name_length(const char *label);

// Whether a label names the link: it is the name, or begins with the name and a colon. No label
// names a link without a name.
bool osh_label_names(const char *label, const struct osh_link *link);

// Returns the link that the label names, or NULL. The search begins at the index `hint` and wraps
// around; `hint` is then the index of what it found.
struct osh_link *osh_find_labelled_link(const struct osh_snapshot *snapshot, const char *label,
                                        size_t *hint);
