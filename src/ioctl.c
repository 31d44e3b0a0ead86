// netdevice(7) as a source: SIOCGIFCONF lists every IPv4 address with its label, on a socket of any
// family; SIOCGIFADDR and SIOCGIFNETMASK, which only an AF_INET socket answers, tell whether an
// address really is on the link that its label names, and its prefix length. What a label cannot
// tell is left to tie.c.
//
// The kernel lists the addresses of one link together, all under one lock (dev_ifconf()). So where
// the first and the last of a run of addresses are on the link that their labels name, those
// between them are, too; as long as no other link has one of those, and the list, asked for once
// more at the end, is still the same.

#include "source.h"

#include <arpa/inet.h>
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

int osh_ioctl_open(int *family, struct osh_attempt *attempt) {
  static const struct {
    int family;
    const char *call;
  } ways[] = {
      {AF_INET, "socket(AF_INET)"}, {AF_INET6, "socket(AF_INET6)"}, {AF_UNIX, "socket(AF_UNIX)"}};
  for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
    *family = ways[i].family;
    int fd = socket(ways[i].family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
      return fd;
    osh_refused(attempt, ways[i].call, -errno);
  }
  // Another system call than socket(2), and as such often left open.
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) != 0)
    return -errno;
  close(pair[1]);
  return pair[0];
}

static int ask_list(int fd, struct ifconf *list, int entries) {
  struct ifreq *grown = realloc(list->ifc_req, (size_t)entries * sizeof(struct ifreq));
  if (grown == NULL)
    return -ENOMEM;
  list->ifc_req = grown;
  list->ifc_len = entries * (int)sizeof(struct ifreq);
  return ioctl(fd, SIOCGIFCONF, list) == 0 ? 0 : -errno;
}

// How many entries there are now: without a buffer they are only counted.
static int count_list(int fd, int *entries) {
  struct ifconf list = {.ifc_len = 0};
  if (ioctl(fd, SIOCGIFCONF, &list) != 0)
    return -errno;
  *entries = list.ifc_len / (int)sizeof(struct ifreq);
  return 0;
}

// A list that does not fit is cut short without a word, so it is asked for until it leaves room.
// Free `list->ifc_req` whatever is returned.
static int read_list(int fd, struct ifconf *list) {
  int entries = FIRST_ENTRIES;
  while (entries <= MAX_ENTRIES) {
    int error = ask_list(fd, list, entries);
    if (error != 0)
      return error;
    if (list->ifc_len < (entries - 1) * (int)sizeof(struct ifreq))
      return 0;
    int count = 0;
    error = count_list(fd, &count);
    if (error != 0)
      return error;
    entries = (count > entries ? count : entries) + FIRST_ENTRIES;
  }
  return -EOVERFLOW;
}

bool osh_ioctl_unchanged(int fd, const struct ifconf *list) {
  struct ifconf now = {0};
  bool same = ask_list(fd, &now, list->ifc_len / (int)sizeof(struct ifreq) + 2) == 0 &&
              now.ifc_len == list->ifc_len &&
              memcmp(now.ifc_req, list->ifc_req, (size_t)now.ifc_len) == 0;
  free(now.ifc_req);
  return same;
}

static const struct in_addr *address_of(const struct ifreq *entry) {
  return &((const struct sockaddr_in *)(const void *)&entry->ifr_addr)->sin_addr;
}

static int take_list(struct osh_snapshot *snapshot, const struct ifconf *list) {
  for (size_t i = 0; i < (size_t)list->ifc_len / sizeof(struct ifreq); i++) {
    const struct ifreq *entry = &list->ifc_req[i];
    struct osh_address *address = osh_add_address(snapshot);
    if (address == NULL)
      return -ENOMEM;
    address->family = AF_INET;
    memcpy(address->name, entry->ifr_name, sizeof(address->name) - 1);
    memcpy(address->bytes, address_of(entry), sizeof(struct in_addr));
  }
  return 0;
}

int osh_ioctl_read(struct osh_snapshot *snapshot, int fd, struct ifconf *list,
                   struct osh_attempt *attempt) {
  size_t addresses = snapshot->address_count;
  int error = read_list(fd, list);
  if (error == 0)
    error = take_list(snapshot, list);
  if (error != 0) {
    snapshot->address_count = addresses;
    return osh_refused(attempt, error == -ENOMEM ? "malloc" : "ioctl(SIOCGIFCONF)", error);
  }
  attempt->told |= OSH_FACT_IPV4;
  return 0;
}

// Asks about an IPv4 address, under its label. The kernel answers for the first address with that
// label when this one is not there (devinet_ioctl()), so the answer needs a look.
static int ask_about(int fd, unsigned long request, const struct osh_address *address,
                     in_addr_t *answer) {
  struct ifreq ifreq = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)(void *)&ifreq.ifr_addr;
  memcpy(ifreq.ifr_name, address->name, sizeof(ifreq.ifr_name));
  in->sin_family = AF_INET;
  memcpy(&in->sin_addr, address->bytes, sizeof(in->sin_addr));
  if (ioctl(fd, request, &ifreq) != 0)
    return -errno;
  *answer = in->sin_addr.s_addr;
  return 0;
}

// That a name, or an address under it, is not there is an answer.
static void note_refusal(struct osh_attempt *attempt, const char *call, int error) {
  if (error != 0 && error != -ENODEV && error != -EADDRNOTAVAIL)
    osh_refused(attempt, call, error);
}

static bool is_there(int fd, const struct osh_address *address, struct osh_attempt *attempt) {
  in_addr_t answer = 0;
  int error = ask_about(fd, SIOCGIFADDR, address, &answer);
  note_refusal(attempt, "ioctl(SIOCGIFADDR)", error);
  return error == 0 && memcmp(&answer, address->bytes, sizeof(answer)) == 0;
}

static void ask_prefix_len(int fd, struct osh_address *address, struct osh_attempt *attempt) {
  in_addr_t answer = 0;
  int error = ask_about(fd, SIOCGIFNETMASK, address, &answer);
  note_refusal(attempt, "ioctl(SIOCGIFNETMASK)", error);
  if (error != 0)
    return;
  address->prefix_len = (uint8_t)__builtin_popcount(answer);
  address->marks |= OSH_ADDRESS_PREFIX_KNOWN;
}

// Addresses that stand together, and whose labels name the same link.
struct run {
  struct osh_address *addresses;
  size_t count;
  size_t name_length; // of that link's name, with which their labels begin
};

static int compare_numbers(const void *left, const void *right) {
  in_addr_t a = *(const in_addr_t *)left;
  in_addr_t b = *(const in_addr_t *)right;
  return a < b ? -1 : a > b;
}

// Whether one address is listed more than once: then the kernel's answer about it may be about
// another link. Without the memory to find out, it may.
static bool has_copies(const struct ifconf *list) {
  size_t count = (size_t)list->ifc_len / sizeof(struct ifreq);
  in_addr_t *numbers = calloc(count + 1, sizeof(*numbers));
  if (numbers == NULL)
    return true;
  for (size_t i = 0; i < count; i++)
    memcpy(&numbers[i], address_of(&list->ifc_req[i]), sizeof(*numbers));
  qsort(numbers, count, sizeof(*numbers), compare_numbers);
  bool copies = false;
  for (size_t i = 1; i < count && !copies; i++)
    copies = numbers[i - 1] == numbers[i];
  free(numbers);
  return copies;
}

// `most`: of how many addresses it may be.
static struct run run_at(struct osh_snapshot *snapshot, size_t first, size_t most) {
  struct osh_address *addresses = &snapshot->addresses[first];
  size_t length = osh_label_link_length(addresses->name);
  size_t count = 1;
  while (count < most && first + count < snapshot->address_count &&
         addresses[count].family == AF_INET &&
         strncmp(addresses[count].name, addresses->name, length) == 0 &&
         osh_label_link_length(addresses[count].name) == length)
    count++;
  return (struct run){addresses, count, length};
}

// Elsewhere than on an AF_INET socket the kernel does not say whether the addresses really are
// there: that is the label's word.
static void trust_run(const struct run *run, uint32_t ifindex) {
  for (size_t i = 0; i < run->count; i++) {
    run->addresses[i].ifindex = ifindex;
    run->addresses[i].marks |= OSH_ADDRESS_LINK_INFERRED;
  }
}

// Ties those of a run that really are on the link, and says whether all are. The prefix length is
// asked for first: an address that still is there afterwards was there when it was told.
static bool tie_run(int fd, int family, const struct run *run, uint32_t ifindex,
                    struct osh_attempt *attempt) {
  if (family != AF_INET) {
    trust_run(run, ifindex);
    return false;
  }
  for (size_t i = 0; i < run->count; i++)
    ask_prefix_len(fd, &run->addresses[i], attempt);
  size_t last = run->count - 1;
  bool all = is_there(fd, &run->addresses[0], attempt) &&
             (last == 0 || is_there(fd, &run->addresses[last], attempt));
  for (size_t i = 0; i < run->count; i++) {
    struct osh_address *address = &run->addresses[i];
    if (all || is_there(fd, address, attempt)) {
      address->ifindex = ifindex;
    } else {
      address->marks = 0;
      address->prefix_len = 0;
    }
  }
  return all;
}

// How many of the links after the last one found are looked at: a pair's other end and a few more.
#define NEIGHBOURS 4

// The link of that name among those that /proc has named, which are in the order of the list.
static struct osh_link *find_named(struct osh_snapshot *snapshot, const struct run *run,
                                   size_t *hint) {
  for (size_t i = *hint; i < snapshot->link_count && i < *hint + NEIGHBOURS; i++)
    if (osh_label_names(run->addresses->name, &snapshot->links[i]))
      return &snapshot->links[*hint = i];
  return NULL;
}

static uint32_t ask_ifindex(int fd, const struct run *run, struct osh_attempt *attempt) {
  struct ifreq ifreq = {0};
  memcpy(ifreq.ifr_name, run->addresses->name, run->name_length);
  int error = ioctl(fd, SIOCGIFINDEX, &ifreq) == 0 ? 0 : -errno;
  note_refusal(attempt, "ioctl(SIOCGIFINDEX)", error);
  return error == 0 ? (uint32_t)ifreq.ifr_ifindex : 0;
}

int osh_ioctl_locate(struct osh_snapshot *snapshot, int fd, int family, const struct ifconf *list,
                     struct osh_attempt *attempt) {
  bool carefully = list == NULL || has_copies(list);
  bool doubt = carefully;
  size_t hint = 0;
  struct run run;
  for (size_t i = 0; i < snapshot->address_count && snapshot->addresses[i].family == AF_INET;
       i += run.count) {
    run = run_at(snapshot, i, carefully ? 1 : SIZE_MAX);
    struct osh_link *link = carefully ? NULL : find_named(snapshot, &run, &hint);
    uint32_t ifindex = link != NULL ? link->ifindex : ask_ifindex(fd, &run, attempt);
    if (ifindex == 0 || !tie_run(fd, family, &run, ifindex, attempt))
      doubt = true;
    else if (link != NULL)
      osh_link_take(link, fd);
    if (ifindex != 0 && link == NULL && osh_find_link(snapshot, ifindex, &hint) == NULL &&
        osh_mention_link(snapshot, ifindex) != 0)
      return osh_refused(attempt, "malloc", -ENOMEM);
  }
  return doubt ? 1 : 0;
}
