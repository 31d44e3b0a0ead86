// Which link an IPv4 address is on, where its label does not tell: a label may be empty, name no
// link, or name another one than its own (only netlink sets such ones). Two things tell all the
// same. SIOCGIFCONF lists the addresses of one link together. And IP_MULTICAST_IF takes an address
// for the link that has it, which on a socket bound to another link is EINVAL; nothing is sent.

#include "procfs.h"
#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Beyond so many questions, addresses under strange labels are left out.
#define MAX_QUESTIONS 65536

static bool inferred(const struct osh_address *address) {
  return (address->marks & OSH_ADDRESS_LINK_INFERRED) != 0;
}

static int compare(const void *left, const void *right) {
  const struct osh_address *a = *(struct osh_address *const *)left;
  const struct osh_address *b = *(struct osh_address *const *)right;
  int order = memcmp(a->bytes, b->bytes, sizeof(struct in_addr));
  if (order == 0)
    order = strcmp(a->name, b->name);
  return order != 0 ? order : a < b ? -1 : a > b;
}

static bool same_address(const struct osh_address *a, const struct osh_address *b) {
  return memcmp(a->bytes, b->bytes, sizeof(struct in_addr)) == 0;
}

// All that is asked about an address by its label is answered for the first one of both, so of
// several nobody knows which one it is: the same link may have it with two prefix lengths.
static void doubt_copies(struct osh_address **sorted, size_t count) {
  for (size_t i = 1; i < count; i++) {
    struct osh_address *first = sorted[i - 1];
    struct osh_address *copy = sorted[i];
    if (!same_address(first, copy) || strcmp(first->name, copy->name) != 0)
      continue;
    first->marks |= OSH_ADDRESS_LINK_INFERRED;
    if (first->marks & OSH_ADDRESS_PREFIX_KNOWN)
      first->marks |= OSH_ADDRESS_PREFIX_INFERRED;
    copy->marks = OSH_ADDRESS_LINK_INFERRED;
    copy->prefix_len = 0;
  }
}

// Addresses of one link stand together, so one that is between two of the same link is on it, too.
// `doubtful`: as is one that is between two that may be on the same link, unless its label is
// empty: it would be shown under the name of a link that nothing but others' labels speaks for.
static void tie_enclosed(struct osh_address *addresses, size_t count, bool doubtful) {
  size_t next = 0;
  const struct osh_address *before = NULL;
  for (size_t i = 0; i < count; i++) {
    if (addresses[i].ifindex != 0) {
      before = &addresses[i];
      continue;
    }
    for (next = next > i ? next : i; next < count && addresses[next].ifindex == 0; next++)
      ;
    if (before == NULL || next == count || addresses[next].ifindex != before->ifindex)
      continue;
    bool doubted = inferred(before) || inferred(&addresses[next]);
    if (doubted && (!doubtful || addresses[i].name[0] == '\0'))
      continue;
    addresses[i].ifindex = before->ifindex;
    if (doubted)
      addresses[i].marks |= OSH_ADDRESS_LINK_INFERRED;
  }
}

static int open_on(int family, uint32_t ifindex) {
  int bound = (int)ifindex;
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &bound, sizeof(bound)) == 0)
    return fd;
  int error = -errno;
  if (fd >= 0)
    close(fd);
  return error;
}

// Whether the kernel finds the address on the link that `fd` is bound to; -EINVAL: on another one.
static int find_on(int fd, const struct osh_address *address) {
  struct in_addr own;
  memcpy(&own, address->bytes, sizeof(own));
  return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &own, sizeof(own)) == 0 ? 0 : -errno;
}

// Whether there is one such address only: what is found on a link then is that very one.
static bool single(struct osh_address *const *sorted, size_t count, size_t i) {
  return (i == 0 || !same_address(sorted[i - 1], sorted[i])) &&
         (i + 1 == count || !same_address(sorted[i + 1], sorted[i]));
}

// Asks whether labels kept their word.
static void check_words(struct osh_address *const *sorted, size_t count, int family) {
  for (size_t i = 0; i < count; i++) {
    struct osh_address *address = sorted[i];
    if (address->ifindex == 0 || !inferred(address) || !single(sorted, count, i))
      continue;
    int fd = open_on(family, address->ifindex);
    int error = fd < 0 ? fd : find_on(fd, address);
    if (fd >= 0)
      close(fd);
    if (error == 0 || error == -EINVAL)
      address->marks &= (uint8_t)~OSH_ADDRESS_LINK_INFERRED;
    if (error == -EINVAL)
      address->ifindex = 0;
  }
}

// An address that may be on any link.
struct question {
  struct osh_address *address;
  uint32_t found;
  unsigned times;
};

static size_t collect_questions(struct osh_address *const *sorted, size_t count,
                                struct question *questions) {
  size_t collected = 0;
  for (size_t i = 0; i < count; i++)
    if (sorted[i]->ifindex == 0 && single(sorted, count, i))
      questions[collected++] = (struct question){.address = sorted[i]};
  return collected;
}

static void ask_on(struct question *questions, size_t count, int family, uint32_t ifindex) {
  int fd = open_on(family, ifindex);
  if (fd < 0)
    return;
  for (size_t i = 0; i < count; i++) {
    if (find_on(fd, questions[i].address) != 0)
      continue;
    questions[i].found = ifindex;
    questions[i].times++;
  }
  close(fd);
}

// An address on a link of a VRF is found on both, and then nobody knows which one is the link.
static void settle(struct question *questions, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (questions[i].times == 1)
      questions[i].address->ifindex = questions[i].found;
}

// The links that have neither IPv6 addresses nor labels of their own are named in `dev` only.
static int mention_links(struct osh_snapshot *snapshot, int fd) {
  struct osh_text text;
  char *owned;
  const char *ignored;
  if (osh_procfs_slurp(OSH_PROCFS_DEV, &owned, &text, &ignored) != 0)
    return 0;
  int error = 0;
  struct osh_text line;
  while (error == 0 && osh_next_line(&text, &line)) {
    struct ifreq ifreq = {0};
    if (osh_parse_dev(line, ifreq.ifr_name) && ioctl(fd, SIOCGIFINDEX, &ifreq) == 0)
      error = osh_mention_link(snapshot, (uint32_t)ifreq.ifr_ifindex);
  }
  free(owned);
  return error;
}

static int ask_everywhere(struct osh_snapshot *snapshot, struct osh_address *const *sorted,
                          size_t count, int fd, int family, bool procfs) {
  struct question *questions = calloc(count + 1, sizeof(*questions));
  if (questions == NULL)
    return -ENOMEM;
  size_t asked = collect_questions(sorted, count, questions);
  int error = asked > 0 && procfs ? mention_links(snapshot, fd) : 0;
  if (asked > 0 && error == 0) {
    osh_sort_links(snapshot);
    size_t links = snapshot->link_count < MAX_QUESTIONS / asked ? snapshot->link_count : 0;
    for (size_t i = 0; i < links; i++)
      ask_on(questions, asked, family, snapshot->links[i].ifindex);
    settle(questions, asked);
  }
  free(questions);
  return error;
}

// What could not be tied is left out, and said to be.
static int omit_untied(struct osh_snapshot *snapshot) {
  size_t kept = 0;
  int error = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->ifindex != 0)
      snapshot->addresses[kept++] = *address;
    else if (osh_omit(snapshot, address) != 0)
      error = -ENOMEM;
  }
  snapshot->address_count = kept;
  return error;
}

// The IPv4 addresses, which the ioctl source told first, by address and label.
static struct osh_address **sort_addresses(const struct osh_snapshot *snapshot, size_t *count) {
  *count = 0;
  struct osh_address **sorted = calloc(snapshot->address_count + 1, sizeof(struct osh_address *));
  if (sorted == NULL)
    return NULL;
  for (size_t i = 0; i < snapshot->address_count; i++)
    if (snapshot->addresses[i].family == AF_INET)
      sorted[(*count)++] = &snapshot->addresses[i];
  if (*count > 1)
    qsort(sorted, *count, sizeof(struct osh_address *), compare);
  return sorted;
}

int osh_tie(struct osh_snapshot *snapshot, int fd, int family, bool procfs) {
  size_t count;
  struct osh_address **sorted = sort_addresses(snapshot, &count);
  if (sorted == NULL)
    return -ENOMEM;
  int error = 0;
  doubt_copies(sorted, count);
  if (family == AF_INET6)
    check_words(sorted, count, family);
  bool may_ask = family == AF_INET || family == AF_INET6;
  tie_enclosed(snapshot->addresses, count, !may_ask);
  if (may_ask)
    error = ask_everywhere(snapshot, sorted, count, fd, family, procfs);
  free(sorted);
  int omitted = omit_untied(snapshot);
  return error != 0 ? error : omitted;
}
