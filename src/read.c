// Asks the sources in their order and sums up; see read.h.

#include "read.h"
#include "core/addresses.h"
#include "core/links.h"
#include "kernel/netdevice.h"
#include "sources/ioctl.h"
#include "sources/ioctl_labels.h"
#include "sources/procfs.h"
#include "sources/procfs_infer.h"
#include "sources/rtnetlink.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

// How often the network may change during a read until the result is returned as it is.
#define MAX_TRIES 4

#define ADDRESS_FACTS (OSH_FACT_IPV4 | OSH_FACT_IPV6)

static bool may_ask(const struct osh_snapshot *snapshot, enum osh_source source) {
  return (snapshot->request.sources & OSH_SOURCE_BIT(source)) != 0;
}

// Adds the links that only /proc/net/dev names. Returns whether all are known then.
static bool know_all_links(struct osh_snapshot *snapshot, const struct osh_ioctl *ioctl,
                           bool *consistent) {
  if (snapshot->request.all_links)
    return !(snapshot->missing & OSH_FACT_ALL_LINKS);
  return may_ask(snapshot, OSH_SOURCE_PROCFS) &&
         osh_procfs_read_links(snapshot, &snapshot->attempts[OSH_SOURCE_PROCFS]) &&
         osh_ioctl_number_links(snapshot, ioctl, consistent) == 0;
}

// Finds links and prefix lengths of the IPv4 addresses. If a label does not name the link, it may
// be one that has neither IPv6 addresses nor labels of its own.
static void locate_ipv4(struct osh_snapshot *snapshot, struct osh_ioctl *ioctl, bool *consistent,
                        struct osh_attempt *attempt) {
  osh_ioctl_find_duplicates(snapshot, attempt);
  osh_ioctl_locate_addresses(snapshot, ioctl, attempt);
  osh_sort_links(snapshot);
  if (osh_ioctl_check_labels(snapshot, ioctl, attempt) == 0)
    return;
  const bool all_known = know_all_links(snapshot, ioctl, consistent);
  osh_ioctl_search_links(snapshot, ioctl, all_known, attempt);
}

// /proc/net/dev has no ifindex: without ioctl(2), it only adds to the links that are known.
static void name_all_links(struct osh_snapshot *snapshot, const struct osh_ioctl *ioctl,
                           bool *consistent) {
  struct osh_attempt *procfs = &snapshot->attempts[OSH_SOURCE_PROCFS];
  osh_sort_links(snapshot);
  if (!osh_procfs_read_links(snapshot, procfs))
    return;
  int error = osh_ioctl_number_links(snapshot, ioctl, consistent);
  if (error == 0)
    procfs->provided |= OSH_FACT_ALL_LINKS;
  else if (ioctl->fd >= 0)
    osh_record_failure(&snapshot->attempts[OSH_SOURCE_IOCTL], "ioctl(SIOCGIFINDEX)", error);
}

static void read_procfs(struct osh_snapshot *snapshot, const struct osh_ioctl *ioctl,
                        bool *consistent) {
  struct osh_attempt *attempt = &snapshot->attempts[OSH_SOURCE_PROCFS];
  attempt->requested = snapshot->missing & (OSH_FACT_IPV6 | OSH_FACT_ALL_LINKS);
  if (attempt->requested & OSH_FACT_IPV6)
    osh_procfs_read_addresses(snapshot, attempt);
  if (attempt->requested & OSH_FACT_ALL_LINKS)
    name_all_links(snapshot, ioctl, consistent);
  snapshot->missing &= ~attempt->provided;
}

static void complete_links(struct osh_snapshot *snapshot, const struct osh_ioctl *ioctl,
                           bool *consistent, struct osh_attempt *attempt) {
  const char *call;
  int error = osh_netdevice_complete_links(snapshot, ioctl->fd, consistent, &call);
  if (error == 0)
    attempt->provided |= attempt->requested & OSH_FACT_LINKS;
  else
    osh_record_failure(attempt, call, error);
}

// /proc has no IPv4 addresses, but routes that suggest prefix lengths and states. Returns whether
// prefix lengths were inferred.
static bool infer(struct osh_snapshot *snapshot) {
  const bool may_read = may_ask(snapshot, OSH_SOURCE_PROCFS);
  if (may_read)
    snapshot->attempts[OSH_SOURCE_PROCFS].requested |=
        snapshot->missing & (OSH_FACT_IPV4 | OSH_FACT_LINKS);
  const struct osh_inference inference = osh_procfs_infer(snapshot, may_read);
  snapshot->is_doubtful |= inference.is_doubtful;
  return inference.prefixes;
}

// Reads the IPv4 addresses, and everything about the links that ioctl(2) reports. Needs sorted
// links.
static void read_ioctl(struct osh_snapshot *snapshot, struct osh_ioctl *ioctl, bool *consistent,
                       struct osh_attempt *attempt) {
  if (attempt->requested & OSH_FACT_IPV4)
    osh_ioctl_read_addresses(snapshot, ioctl, attempt);
  if (attempt->provided & OSH_FACT_IPV4)
    locate_ipv4(snapshot, ioctl, consistent, attempt);
  complete_links(snapshot, ioctl, consistent, attempt);
  snapshot->missing &= ~attempt->provided;
}

// Reads what rtnetlink did not provide. The sources take turns: the names that /proc reports save
// requests about IPv4 addresses, and the links that only IPv6 addresses are on are completed by
// ioctl(2). /proc comes first: while it settles, no other answer can become outdated. Returns
// whether the result is consistent.
static bool read_ioctl_and_procfs(struct osh_snapshot *snapshot) {
  struct osh_attempt *attempt = &snapshot->attempts[OSH_SOURCE_IOCTL];
  struct osh_ioctl ioctl = {.fd = -1};
  bool consistent = true;
  if (may_ask(snapshot, OSH_SOURCE_IOCTL)) {
    attempt->requested = snapshot->missing & ~(unsigned)OSH_FACT_IPV6;
    osh_ioctl_open(&ioctl, attempt);
  }
  if (may_ask(snapshot, OSH_SOURCE_PROCFS))
    read_procfs(snapshot, &ioctl, &consistent);
  osh_sort_links(snapshot);
  if (ioctl.fd >= 0)
    read_ioctl(snapshot, &ioctl, &consistent, attempt);
  // The checks come last: if the routes of an address or of a link that was up are gone, another
  // prefix length is inferred.
  if (infer(snapshot) && ioctl.fd >= 0)
    consistent &= osh_netdevice_are_states_unchanged(snapshot, ioctl.fd);
  if (attempt->provided & OSH_FACT_IPV4)
    consistent &= osh_ioctl_is_unchanged(&ioctl);
  osh_ioctl_close(&ioctl);
  return consistent;
}

// Reports nothing rather than a part.
static void withdraw_everything(struct osh_snapshot *snapshot) {
  osh_snapshot_clear(snapshot);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    snapshot->missing |= snapshot->attempts[i].provided;
    snapshot->attempts[i].provided = 0;
  }
}

// Reads everything once, into an empty snapshot. rtnetlink is not asked if it has an attempt
// already. Returns false if something changed meanwhile.
static bool read_once(struct osh_snapshot *snapshot) {
  const struct osh_request *request = &snapshot->request;
  struct osh_attempt *rtnetlink = &snapshot->attempts[OSH_SOURCE_RTNETLINK];
  bool consistent = true;
  snapshot->missing =
      OSH_FACT_LINKS | ADDRESS_FACTS | (request->all_links ? OSH_FACT_ALL_LINKS : 0u);
  if (may_ask(snapshot, OSH_SOURCE_RTNETLINK) && rtnetlink->requested == 0) {
    rtnetlink->requested = snapshot->missing;
    consistent = osh_rtnetlink_read(snapshot, rtnetlink);
    snapshot->missing &= ~rtnetlink->provided;
  }
  if (snapshot->missing != 0) {
    consistent = read_ioctl_and_procfs(snapshot) && consistent;
    if (rtnetlink->provided == 0)
      osh_sort_addresses(snapshot);
  }
  if (osh_resolve_links(snapshot) != 0) {
    for (int i = 0; i < OSH_SOURCE_COUNT; i++)
      if (snapshot->attempts[i].provided != 0)
        osh_record_failure(&snapshot->attempts[i], "malloc", -ENOMEM);
    withdraw_everything(snapshot);
  }
  return consistent;
}

// The network changed during every try: says so where the addresses come from.
static void record_change(struct osh_snapshot *snapshot) {
  static const char *const calls[OSH_SOURCE_COUNT] = {"recvmsg(RTM_GETADDR)", "ioctl(SIOCGIFCONF)",
                                                      "read(/proc/net/if_inet6)"};
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    struct osh_attempt *attempt = &snapshot->attempts[i];
    if (!(attempt->provided & ADDRESS_FACTS))
      continue;
    osh_record_change(attempt, calls[i]);
    return;
  }
}

static enum osh_status failure_status(int error) {
  switch (error) {
  case -EPERM:
  case -EACCES:
  case -EAFNOSUPPORT:
  case -EOPNOTSUPP:
    return OSH_STATUS_DENIED;
  case -ENOENT:
  case -ENOTDIR:
  case -ENOSYS:
  case -EPROTONOSUPPORT:
    return OSH_STATUS_ABSENT;
  default:
    return OSH_STATUS_FAILED;
  }
}

static enum osh_status attempt_status(const struct osh_attempt *attempt) {
  if (attempt->requested == 0)
    return OSH_STATUS_SKIPPED;
  if (attempt->provided == attempt->requested && attempt->error == 0)
    return OSH_STATUS_ANSWERED;
  if (attempt->provided != 0 || attempt->error == 0)
    return OSH_STATUS_PARTIAL;
  return failure_status(attempt->error);
}

// Whether the result is as good as rtnetlink's, from whatever sources. Details are not: some only
// rtnetlink has.
static bool is_whole(const struct osh_snapshot *snapshot) {
  bool whole =
      snapshot->missing == 0 && snapshot->omission_count == 0 && !snapshot->request.details;
  for (size_t i = 0; i < snapshot->address_count && whole; i++)
    whole =
        !(snapshot->addresses[i].facts & (OSH_ADDRESS_PREFIX_INFERRED | OSH_ADDRESS_LINK_INFERRED));
  return whole;
}

// Whether the result lacks something because descriptors or memory ran out. The other sources may
// have provided what rtnetlink could not for that reason.
static bool is_short(const struct osh_snapshot *snapshot) {
  const struct osh_attempt *attempts = snapshot->attempts;
  return osh_is_shortage(attempts[OSH_SOURCE_IOCTL].error) ||
         osh_is_shortage(attempts[OSH_SOURCE_PROCFS].error) ||
         (osh_is_shortage(attempts[OSH_SOURCE_RTNETLINK].error) && !is_whole(snapshot));
}

// Sets every status. Returns the error of the first source that has one, but a shortage before
// others.
static int sum_up(struct osh_snapshot *snapshot) {
  struct osh_attempt first = {0};
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    struct osh_attempt *attempt = &snapshot->attempts[i];
    attempt->status = attempt_status(attempt);
    osh_record_failure(&first, attempt->call, attempt->error);
  }
  return (snapshot->request.sources & OSH_SOURCES_ALL) == 0 ? -EINVAL : first.error;
}

// Whether rtnetlink answered in part, and this read had to wait for it: another would wait again.
static bool has_waited(const struct osh_snapshot *snapshot) {
  const struct osh_attempt *attempt = &snapshot->attempts[OSH_SOURCE_RTNETLINK];
  return attempt->provided != 0 && attempt->error == -ETIMEDOUT;
}

static bool is_doubtful(const struct osh_snapshot *snapshot) {
  return snapshot->is_doubtful || osh_has_mismatches(snapshot);
}

// A label that does not match its link may be stale: the link may have been renamed since the label
// was read. So may a name of which /proc has no routes. Another read with the same result shows
// that they are not.
int osh_read(struct osh_snapshot *snapshot, struct osh_request request) {
  struct osh_snapshot previous = {0};
  bool settled = false;
  memset(snapshot, 0, sizeof(*snapshot));
  for (int tries = 0; tries < MAX_TRIES && !settled && !has_waited(snapshot); tries++) {
    osh_snapshot_free(&previous);
    previous = *snapshot;
    *snapshot = (struct osh_snapshot){.request = request};
    // A source that did not answer would make every try wait for it.
    if (previous.attempts[OSH_SOURCE_RTNETLINK].provided == 0)
      snapshot->attempts[OSH_SOURCE_RTNETLINK] = previous.attempts[OSH_SOURCE_RTNETLINK];
    settled = read_once(snapshot) &&
              (!is_doubtful(snapshot) || (tries > 0 && osh_snapshot_equals(snapshot, &previous)));
  }
  osh_snapshot_free(&previous);
  if (is_short(snapshot))
    withdraw_everything(snapshot);
  else if (!settled)
    record_change(snapshot);
  int error = sum_up(snapshot);
  return (snapshot->missing & ADDRESS_FACTS) == ADDRESS_FACTS ? error : 0;
}
