// netdevice(7) as a source. SIOCGIFCONF lists every IPv4 address with its label, on a socket of any
// family. Only an AF_INET socket answers SIOCGIFADDR and SIOCGIFNETMASK, which say whether an
// address is on the link that its label names, and its prefix length.

#include "ioctl.h"
#include "../core/addresses.h"
#include "../core/links.h"
#include "../kernel/netdevice.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_ENTRIES 64
// 40 MB of entries. The kernel's limit is INT_MAX bytes.
#define MAX_ENTRIES (1 << 20)
// How many links after the last one found may have the next label: both ends of a pair, and more.
#define NEIGHBOURS 4

// Policies often allow socketpair(2) where they refuse socket(2). A filter may make it return 0
// without making it.
static int open_pair(struct osh_attempt *attempt) {
  int pair[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
    osh_record_failure(attempt, "socketpair(AF_UNIX)", -errno);
  if (pair[1] >= 0)
    close(pair[1]);
  return pair[0];
}

static int open_socket(int *family, struct osh_attempt *attempt) {
  static const struct {
    int family;
    const char *call;
  } families[] = {
      {AF_INET, "socket(AF_INET)"}, {AF_INET6, "socket(AF_INET6)"}, {AF_UNIX, "socket(AF_UNIX)"}};
  for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
    *family = families[i].family;
    int fd = socket(families[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
      return fd;
    osh_record_failure(attempt, families[i].call, -errno);
  }
  return open_pair(attempt);
}

void osh_ioctl_open(struct osh_ioctl *source, struct osh_attempt *attempt) {
  memset(source, 0, sizeof(*source));
  source->fd = open_socket(&source->family, attempt);
}

void osh_ioctl_close(struct osh_ioctl *source) {
  free(source->list.ifc_req);
  if (source->fd >= 0)
    close(source->fd);
}

// Reads at most `entries` entries of the list into `list`, which the caller frees in any case.
static int read_entries(int fd, struct ifconf *list, int entries) {
  struct ifreq *grown = realloc(list->ifc_req, (size_t)entries * sizeof(struct ifreq));
  if (grown == NULL)
    return -ENOMEM;
  list->ifc_req = grown;
  list->ifc_len = entries * (int)sizeof(struct ifreq);
  return ioctl(fd, SIOCGIFCONF, list) == 0 ? 0 : -errno;
}

// The kernel truncates silently, so the list is read again until it leaves room. Without a buffer,
// SIOCGIFCONF only counts.
static int read_list(int fd, struct ifconf *list) {
  int entries = FIRST_ENTRIES;
  while (entries <= MAX_ENTRIES) {
    int error = read_entries(fd, list, entries);
    if (error != 0)
      return error;
    if (list->ifc_len < (entries - 1) * (int)sizeof(struct ifreq))
      return 0;
    struct ifconf all = {.ifc_len = 0};
    if (ioctl(fd, SIOCGIFCONF, &all) != 0)
      return -errno;
    const int count = all.ifc_len / (int)sizeof(struct ifreq);
    entries = (count > entries ? count : entries) + FIRST_ENTRIES;
  }
  return -EOVERFLOW;
}

static in_addr_t address_of(const struct ifreq *entry) {
  return ((const struct sockaddr_in *)(const void *)&entry->ifr_addr)->sin_addr.s_addr;
}

// Not memcmp(): emulators leave garbage behind the address.
static bool is_same_entry(const struct ifreq *a, const struct ifreq *b) {
  return strncmp(a->ifr_name, b->ifr_name, sizeof(a->ifr_name)) == 0 &&
         address_of(a) == address_of(b);
}

bool osh_ioctl_is_unchanged(const struct osh_ioctl *source) {
  const struct ifconf *list = &source->list;
  const int count = list->ifc_len / (int)sizeof(struct ifreq);
  struct ifconf now = {0};
  bool unchanged = read_entries(source->fd, &now, count + 2) == 0 && now.ifc_len == list->ifc_len;
  for (int i = 0; i < count && unchanged; i++)
    unchanged = is_same_entry(&now.ifc_req[i], &list->ifc_req[i]);
  free(now.ifc_req);
  return unchanged;
}

static int add_entry(struct osh_snapshot *snapshot, const struct ifreq *entry) {
  struct osh_address *address = osh_add_address(snapshot);
  if (address == NULL)
    return -ENOMEM;
  const in_addr_t bytes = address_of(entry);
  address->family = AF_INET;
  memcpy(address->label, entry->ifr_name, sizeof(address->label) - 1);
  memcpy(address->bytes, &bytes, sizeof(bytes));
  return 0;
}

void osh_ioctl_read_addresses(struct osh_snapshot *snapshot, struct osh_ioctl *source,
                              struct osh_attempt *attempt) {
  struct ifconf *list = &source->list;
  int error = read_list(source->fd, list);
  const size_t count = (size_t)list->ifc_len / sizeof(struct ifreq);
  for (size_t i = 0; error == 0 && i < count; i++)
    error = add_entry(snapshot, &list->ifc_req[i]);
  if (error == 0) {
    osh_move_to_front(snapshot, count);
    attempt->provided |= OSH_FACT_IPV4;
    return;
  }
  osh_remove_addresses(snapshot, AF_INET);
  osh_record_failure(attempt, error == -ENOMEM ? "malloc" : "ioctl(SIOCGIFCONF)", error);
}

int osh_ioctl_number_links(struct osh_snapshot *snapshot, const struct osh_ioctl *source,
                           bool *consistent) {
  int refusal = 0;
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->link_count; i++) {
    struct osh_link *link = &snapshot->links[i];
    int error = 0;
    if (link->ifindex == 0)
      error =
          source->fd < 0 ? -EBADF : osh_netdevice_ifindex(source->fd, link->name, &link->ifindex);
    if (error == 0)
      snapshot->links[kept++] = *link;
    else if (error == -ENODEV)
      *consistent = false;
    else if (refusal == 0)
      refusal = error;
  }
  snapshot->link_count = kept;
  osh_sort_links(snapshot);
  return refusal;
}

// Asks about an IPv4 address under its label. If the label does not have the address, the kernel
// answers for the label's first one (devinet_ioctl()), and SIOCGIFADDR shows that.
static int request_address(int fd, unsigned long request, const struct osh_address *address,
                           uint32_t *answer) {
  struct ifreq ifreq = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ifreq.ifr_addr;
  memcpy(ifreq.ifr_name, address->label, sizeof(ifreq.ifr_name));
  in->sin_family = AF_INET;
  memcpy(&in->sin_addr, address->bytes, sizeof(in->sin_addr));
  if (ioctl(fd, request, &ifreq) != 0)
    return -errno;
  *answer = in->sin_addr.s_addr;
  return 0;
}

// ENODEV and EADDRNOTAVAIL are answers, not refusals.
static void record_unless_absent(struct osh_attempt *attempt, const char *call, int error) {
  if (error != 0 && error != -ENODEV && error != -EADDRNOTAVAIL)
    osh_record_failure(attempt, call, error);
}

// Returns 0 if the address is on the link that its label names, else a negative errno.
static int check_link(int fd, const struct osh_address *address, struct osh_attempt *attempt) {
  uint32_t answer = 0;
  int error = request_address(fd, SIOCGIFADDR, address, &answer);
  record_unless_absent(attempt, "ioctl(SIOCGIFADDR)", error);
  if (error == 0 && memcmp(&answer, address->bytes, sizeof(answer)) != 0)
    return -EADDRNOTAVAIL;
  return error;
}

static void read_prefix_len(int fd, struct osh_address *address, struct osh_attempt *attempt) {
  uint32_t mask = 0;
  int error = request_address(fd, SIOCGIFNETMASK, address, &mask);
  record_unless_absent(attempt, "ioctl(SIOCGIFNETMASK)", error);
  if (error != 0)
    return;
  address->prefix_len = (uint8_t)__builtin_popcount(mask);
  address->facts |= OSH_ADDRESS_PREFIX_KNOWN;
}

static void read_address_details(int fd, const struct osh_address *address,
                                 struct osh_address_details *details, struct osh_attempt *attempt) {
  uint32_t answer = 0;
  int error = request_address(fd, SIOCGIFBRDADDR, address, &answer);
  osh_record_shortage(attempt, "ioctl(SIOCGIFBRDADDR)", error);
  if (error == 0) {
    memcpy(details->broadcast, &answer, sizeof(answer));
    details->facts |= OSH_ADDRESS_BROADCAST;
  }
  error = request_address(fd, SIOCGIFDSTADDR, address, &answer);
  osh_record_shortage(attempt, "ioctl(SIOCGIFDSTADDR)", error);
  if (error == 0) {
    memcpy(details->peer, &answer, sizeof(answer));
    details->facts |= OSH_ADDRESS_PEER;
  }
}

// Addresses that are listed together, and whose labels name the same link.
struct run {
  struct osh_address *addresses;
  size_t count;
};

// Returns the run of at most `most` addresses that begins at `first`.
static struct run find_run(struct osh_snapshot *snapshot, size_t first, size_t most) {
  struct run run = {.addresses = &snapshot->addresses[first], .count = 1};
  const size_t length = osh_label_name_length(run.addresses->label);
  while (run.count < most && first + run.count < snapshot->address_count &&
         run.addresses[run.count].family == AF_INET &&
         strncmp(run.addresses[run.count].label, run.addresses->label, length) == 0 &&
         osh_label_name_length(run.addresses[run.count].label) == length)
    run.count++;
  return run;
}

// Asks everything about the addresses, and then whether they are on the link: an address that is
// there at the end was there when it was asked about. If it is not, the answers were about another
// one. The kernel lists the addresses of a link together (dev_ifconf()), so if the first and the
// last are on the link, all are. Returns whether the socket may be asked about addresses: gVisor's
// may not, whatever its family.
static bool locate_run(const struct osh_snapshot *snapshot, int fd, const struct run *run,
                       struct osh_link *link, struct osh_attempt *attempt) {
  for (size_t i = 0; i < run->count; i++) {
    read_prefix_len(fd, &run->addresses[i], attempt);
    if (snapshot->request.details)
      read_address_details(fd, &run->addresses[i],
                           osh_address_details(snapshot, &run->addresses[i]), attempt);
  }
  const size_t last = run->count - 1;
  const int first_error = check_link(fd, &run->addresses[0], attempt);
  const bool may_ask = first_error != -ENOTTY;
  const bool all =
      first_error == 0 && (last == 0 || check_link(fd, &run->addresses[last], attempt) == 0);
  if (all && (link->facts & OSH_LINK_NAME))
    link->facts |= OSH_LINK_NAME_CONFIRMED;
  for (size_t i = 0; i < run->count; i++) {
    struct osh_address *address = &run->addresses[i];
    if (all || (may_ask && check_link(fd, address, attempt) == 0))
      address->ifindex = link->ifindex;
    else
      osh_forget_answers(address);
  }
  return may_ask;
}

// Without an AF_INET socket nothing but the label says which link an address is on.
static void infer_link(const struct run *run, const struct osh_link *link) {
  for (size_t i = 0; i < run->count; i++) {
    run->addresses[i].ifindex = link->ifindex;
    run->addresses[i].facts = OSH_ADDRESS_LINK_INFERRED;
  }
}

// Returns the link that a label names, if it is the last one or one of the next that /proc named:
// usually, addresses are in the order of the links.
static struct osh_link *find_nearby(const struct osh_snapshot *snapshot, const char *label,
                                    size_t *hint) {
  const size_t count = snapshot->link_count;
  for (size_t i = *hint; i < count && i < *hint + NEIGHBOURS; i++)
    if (osh_label_names(label, &snapshot->links[i]))
      return &snapshot->links[*hint = i];
  struct osh_link *last = count == 0 ? NULL : &snapshot->links[count - 1];
  return last != NULL && osh_label_names(label, last) ? last : NULL;
}

// Finds the link that a label names, or adds it, under a name that may be an alternative one.
// Returns NULL if there is none, or after a failure, which it records.
static struct osh_link *ensure_labelled(struct osh_snapshot *snapshot, int fd, const char *label,
                                        size_t *hint, struct osh_attempt *attempt) {
  struct osh_link *link = find_nearby(snapshot, label, hint);
  if (link != NULL)
    return link;
  uint32_t ifindex;
  int refusal = osh_netdevice_ifindex(fd, label, &ifindex);
  record_unless_absent(attempt, "ioctl(SIOCGIFINDEX)", refusal);
  if (refusal != 0)
    return NULL;
  link = osh_add_link(snapshot);
  if (link == NULL) {
    osh_record_failure(attempt, "malloc", -ENOMEM);
    return NULL;
  }
  link->ifindex = ifindex;
  memcpy(link->name, label, osh_label_name_length(label));
  return link;
}

void osh_ioctl_locate_addresses(struct osh_snapshot *snapshot, struct osh_ioctl *source,
                                struct osh_attempt *attempt) {
  const size_t most = snapshot->has_duplicates ? 1 : SIZE_MAX;
  size_t hint = 0;
  struct run run;
  for (size_t i = 0; i < snapshot->address_count; i += run.count) {
    if (snapshot->addresses[i].family != AF_INET)
      break;
    run = find_run(snapshot, i, most);
    struct osh_link *link =
        ensure_labelled(snapshot, source->fd, run.addresses->label, &hint, attempt);
    if (link == NULL)
      continue;
    if (source->family == AF_INET && !locate_run(snapshot, source->fd, &run, link, attempt))
      source->family = AF_UNIX;
    if (source->family != AF_INET)
      infer_link(&run, link);
  }
}
