// /proc/net as a source: if_inet6 lists every IPv6 address, dev the name of every link.

#include "procfs.h"
#include "../core/addresses.h"
#include "../core/links.h"
#include "../kernel/proc_net.h"
#include "procfs_parse.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static int add_if_inet6(struct osh_snapshot *snapshot, const struct osh_if_inet6 *entry) {
  int error = osh_ensure_link(snapshot, entry->ifindex);
  if (error != 0)
    return error;
  struct osh_link *link = &snapshot->links[snapshot->link_count - 1];
  memcpy(link->name, entry->name, sizeof(link->name));
  link->facts |= OSH_LINK_NAME;

  struct osh_address *address = osh_add_address(snapshot);
  if (address == NULL)
    return -ENOMEM;
  address->family = AF_INET6;
  address->prefix_len = entry->prefix_len;
  address->facts = OSH_ADDRESS_PREFIX_KNOWN;
  if (entry->flags & (IFA_F_TENTATIVE | IFA_F_NODAD))
    address->facts |= OSH_ADDRESS_UNCHECKED;
  address->ifindex = entry->ifindex;
  memcpy(address->bytes, entry->bytes, sizeof(address->bytes));
  struct osh_address_details *details = osh_address_details(snapshot, address);
  if (details == NULL)
    return 0;
  details->facts = OSH_ADDRESS_SCOPE | OSH_ADDRESS_FLAGS;
  details->scope = entry->scope;
  details->flags = entry->flags;
  return 0;
}

static int add_addresses(struct osh_snapshot *snapshot, struct osh_text text) {
  int error = 0;
  struct osh_text line;
  struct osh_if_inet6 entry;
  while (error == 0 && osh_next_line(&text, &line))
    error = osh_parse_if_inet6(line, &entry) ? add_if_inet6(snapshot, &entry) : -EBADMSG;
  return error;
}

// Names the call after which adding what was read failed, unless reading failed.
static const char *failed_call(const struct osh_contents *contents, int error,
                               const char *read_call) {
  if (contents->call != NULL)
    return contents->call;
  return error == -ENOMEM ? "malloc" : read_call;
}

// A kernel without IPv6 has no if_inet6 beside a readable dev, and so no IPv6 addresses.
static bool is_without_ipv6(struct osh_attempt *attempt) {
  struct osh_contents dev;
  int error = osh_proc_net_read(OSH_PROC_NET_DEV, &dev);
  free(dev.bytes);
  osh_record_shortage(attempt, dev.call, error);
  return error == 0;
}

void osh_procfs_read_addresses(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  const size_t link_count = snapshot->link_count;
  struct osh_contents contents;
  int error = osh_proc_net_read(OSH_PROC_NET_IF_INET6, &contents);
  if (error == -ENOENT && is_without_ipv6(attempt))
    error = 0;
  else if (error == 0)
    error = add_addresses(snapshot, contents.text);
  free(contents.bytes);
  if (error == 0) {
    attempt->provided |= OSH_FACT_IPV6;
    if (contents.changed)
      osh_record_change(attempt, "read(/proc/net/if_inet6)");
    return;
  }
  osh_remove_addresses(snapshot, AF_INET6);
  snapshot->link_count = link_count;
  osh_record_failure(attempt, failed_call(&contents, error, "read(/proc/net/if_inet6)"), error);
}

// If a link has the name already, adds to that one.
static int add_dev(struct osh_snapshot *snapshot, const struct osh_dev *dev, size_t *hint) {
  struct osh_link *link = osh_find_labelled_link(snapshot, dev->name, hint);
  if (link == NULL)
    link = osh_add_link(snapshot);
  if (link == NULL)
    return -ENOMEM;
  memcpy(link->name, dev->name, sizeof(link->name));
  link->facts |= OSH_LINK_NAME;
  struct osh_link_details *details = osh_link_details(snapshot, link);
  if (details == NULL)
    return 0;
  details->stats = dev->stats;
  details->facts |= OSH_LINK_STATS;
  return 0;
}

static int add_devs(struct osh_snapshot *snapshot, struct osh_text text) {
  size_t hint = 0;
  struct osh_text line;
  struct osh_dev dev;
  int error = osh_skip_dev_heading(&text) ? 0 : -EBADMSG;
  while (error == 0 && osh_next_line(&text, &line))
    error = osh_parse_dev(line, &dev) ? add_dev(snapshot, &dev, &hint) : -EBADMSG;
  return error;
}

bool osh_procfs_read_links(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  const size_t link_count = snapshot->link_count;
  struct osh_contents contents;
  int error = osh_proc_net_read(OSH_PROC_NET_DEV, &contents);
  if (error == 0)
    error = add_devs(snapshot, contents.text);
  free(contents.bytes);
  if (error == 0 && contents.changed)
    osh_record_change(attempt, "read(/proc/net/dev)");
  if (error == 0)
    return true;
  snapshot->link_count = link_count;
  osh_record_failure(attempt, failed_call(&contents, error, "read(/proc/net/dev)"), error);
  return false;
}
