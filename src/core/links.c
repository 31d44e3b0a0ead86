// The links of a snapshot; see links.h.

#include "links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// How many links after the last one found are looked at before a binary search.
#define NEIGHBOURS 4

int osh_ensure_link(struct osh_snapshot *snapshot, uint32_t ifindex) {
  size_t count = snapshot->link_count;
  if (count > 0 && snapshot->links[count - 1].ifindex == ifindex)
    return 0;
  struct osh_link *link = osh_add_link(snapshot);
  if (link == NULL)
    return -ENOMEM;
  link->ifindex = ifindex;
  return 0;
}

// By ifindex, and of one ifindex the link with most facts first.
static int compare_links(const void *left, const void *right) {
  const struct osh_link *a = left;
  const struct osh_link *b = right;
  if (a->ifindex != b->ifindex)
    return a->ifindex < b->ifindex ? -1 : 1;
  return __builtin_popcount(b->facts) - __builtin_popcount(a->facts);
}

// Adds the facts that only the other link has. Flags that the kernel reported replace inferred
// ones.
static void merge_link(const struct osh_snapshot *snapshot, struct osh_link *link,
                       const struct osh_link *other) {
  unsigned added = other->facts & ~(unsigned)link->facts;
  if (link->facts & OSH_LINK_FLAGS)
    added &= ~(unsigned)OSH_LINK_FLAGS_INFERRED;
  if (added & OSH_LINK_FLAGS)
    link->facts &= (uint8_t)~OSH_LINK_FLAGS_INFERRED;
  if (added & OSH_LINK_NAME)
    memcpy(link->name, other->name, sizeof(link->name));
  if (added & (OSH_LINK_FLAGS | OSH_LINK_FLAGS_INFERRED))
    link->flags = other->flags;
  if (added & OSH_LINK_HWADDR) {
    link->type = other->type;
    link->hwaddr_len = other->hwaddr_len;
    memcpy(link->hwaddr, other->hwaddr, sizeof(link->hwaddr));
  }
  link->facts |= (uint8_t)added;
  if (link->order == 0)
    link->order = other->order;
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  if (details == NULL || details->facts == 0)
    link->details = other->details;
}

void osh_sort_links(struct osh_snapshot *snapshot) {
  struct osh_link *links = snapshot->links;
  size_t count = snapshot->link_count;
  bool sorted = true;
  for (size_t i = 1; i < count && sorted; i++)
    sorted = links[i - 1].ifindex < links[i].ifindex;
  if (sorted)
    return;
  qsort(links, count, sizeof(*links), compare_links);
  size_t kept = 1;
  for (size_t i = 1; i < count; i++) {
    if (links[i].ifindex == links[kept - 1].ifindex)
      merge_link(snapshot, &links[kept - 1], &links[i]);
    else
      links[kept++] = links[i];
  }
  snapshot->link_count = kept;
}

static int compare_ifindex(const void *key, const void *element) {
  uint32_t wanted = *(const uint32_t *)key;
  uint32_t ifindex = ((const struct osh_link *)element)->ifindex;
  return wanted < ifindex ? -1 : wanted > ifindex;
}

struct osh_link *osh_find_link(const struct osh_snapshot *snapshot, uint32_t ifindex,
                               size_t *hint) {
  struct osh_link *links = snapshot->links;
  size_t count = snapshot->link_count;
  for (size_t i = *hint; i < count && i < *hint + NEIGHBOURS; i++)
    if (links[i].ifindex == ifindex)
      return &links[*hint = i];
  if (count == 0)
    return NULL;
  struct osh_link *link = bsearch(&ifindex, links, count, sizeof(*links), compare_ifindex);
  if (link != NULL)
    *hint = (size_t)(link - links);
  return link;
}

size_t osh_label_name_length(const char *label) {
  return strcspn(label, ":");
}

bool osh_label_names(const char *label, const struct osh_link *link) {
  size_t length = strlen(link->name);
  return length > 0 && strncmp(link->name, label, length) == 0 &&
         (label[length] == '\0' || label[length] == ':');
}

struct osh_link *osh_find_labelled_link(const struct osh_snapshot *snapshot, const char *label,
                                        size_t *hint) {
  const size_t count = snapshot->link_count;
  for (size_t i = *hint; i < *hint + count; i++)
    if (osh_label_names(label, &snapshot->links[i % count]))
      return &snapshot->links[*hint = i % count];
  return NULL;
}
