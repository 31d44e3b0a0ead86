// Puts together what getifaddrs(3) tells beyond a snapshot: of each thing the source that tells it
// best, and another only where that one is refused. Knows the sources by details.h only.

#include "details.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16

struct osh_link_detail *osh_add_link_detail(struct osh_details *details) {
  if (details->link_count == details->link_capacity) {
    size_t capacity = details->link_capacity == 0 ? FIRST_CAPACITY : details->link_capacity * 2;
    struct osh_link_detail *grown = realloc(details->links, capacity * sizeof(*grown));
    if (grown == NULL)
      return NULL;
    details->links = grown;
    details->link_capacity = capacity;
  }
  struct osh_link_detail *link = &details->links[details->link_count++];
  memset(link, 0, sizeof(*link));
  return link;
}

// A walk over links that is fast when they come in the order of the list.
struct walk {
  struct osh_details *details;
  size_t next;
};

static int take_stats(const char *name, const struct rtnl_link_stats *stats, void *data) {
  struct walk *walk = data;
  const size_t count = walk->details->link_count;
  for (size_t i = 0; i < count; i++) {
    struct osh_link_detail *link = &walk->details->links[(walk->next + i) % count];
    if (strcmp(link->link.name, name) != 0)
      continue;
    link->stats = *stats;
    link->has_stats = true;
    walk->next = (walk->next + i + 1) % count;
    return 0;
  }
  return 0;
}

int osh_details_read(struct osh_details *details, const struct osh_snapshot *snapshot) {
  memset(details, 0, sizeof(*details));
  details->addresses = calloc(snapshot->address_count + 1, sizeof(*details->addresses));
  if (details->addresses == NULL)
    return -ENOMEM;

  if (osh_details_dump_links(details) != 0) {
    int error = osh_details_ask_links(details, snapshot);
    if (error != 0)
      return error;
    struct walk walk = {.details = details};
    (void)osh_details_each_dev(take_stats, &walk);
  }
  if (osh_details_dump_addresses(details, snapshot) != 0)
    osh_details_ask_addresses(details, snapshot);
  return 0;
}

void osh_details_free(struct osh_details *details) {
  free(details->links);
  free(details->addresses);
  memset(details, 0, sizeof(*details));
}
