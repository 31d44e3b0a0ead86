// /proc/net as a source: if_inet6 holds every IPv6 address. The only source that reads text, and
// the only one that opens files.

#include "procfs.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What seq_file hands out in one read; more than one line of any of these files.
#define READ_SIZE 4096
// More than a line of any of these files. A page that is left with more room than that is the last
// one: seq_file fills it up with whole lines while there are any, so one that ends within a line is
// not. That spares a read that only says so, for which if6_seq_start() would walk its 256 hash
// buckets once more.
#define LINE_ROOM 256
// How often a read is begun again that a signal interrupts, though none does with these files.
#define MAX_INTERRUPTIONS 64
// 64 MiB: half a million addresses. A file that goes on after that is not one of the kernel's.
#define MAX_FILE_SIZE (64u << 20)

// linux/ipv6_route.h, which cannot stand beside net/route.h.
#define RTF_ANYCAST 0x00100000u

// /proc/self is the thread group leader's namespace, /proc/thread-self the caller's own
// (Linux 3.17). The fallback is for older kernels, and for policies that name /proc/PID/net alone.
struct procfs_path {
  const char *thread;
  const char *leader;
  const char *open_call;
  const char *read_call;
};

static const struct procfs_path paths[] = {
    [OSH_PROCFS_IF_INET6] = {"/proc/thread-self/net/if_inet6", "/proc/self/net/if_inet6",
                             "open(/proc/net/if_inet6)", "read(/proc/net/if_inet6)"},
    [OSH_PROCFS_ROUTE] = {"/proc/thread-self/net/route", "/proc/self/net/route",
                          "open(/proc/net/route)", "read(/proc/net/route)"},
    [OSH_PROCFS_IPV6_ROUTE] = {"/proc/thread-self/net/ipv6_route", "/proc/self/net/ipv6_route",
                               "open(/proc/net/ipv6_route)", "read(/proc/net/ipv6_route)"},
    [OSH_PROCFS_DEV] = {"/proc/thread-self/net/dev", "/proc/self/net/dev", "open(/proc/net/dev)",
                        "read(/proc/net/dev)"},
};

static int open_file(enum osh_procfs_file file) {
  int fd = open(paths[file].thread, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fd = open(paths[file].leader, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int read_all(int fd, char **bytes, size_t *length, const char **call) {
  size_t capacity = 0;
  int interruptions = 0;
  *bytes = NULL;
  *length = 0;
  for (;;) {
    if (capacity - *length < READ_SIZE) {
      capacity = capacity == 0 ? (size_t)2 * READ_SIZE : capacity * 2;
      if (capacity > MAX_FILE_SIZE)
        return -EFBIG;
      char *grown = realloc(*bytes, capacity);
      if (grown == NULL) {
        *call = "malloc";
        return -ENOMEM;
      }
      *bytes = grown;
    }
    ssize_t count = read(fd, *bytes + *length, capacity - *length);
    if (count == 0)
      return 0;
    if (count < 0 && (errno != EINTR || ++interruptions == MAX_INTERRUPTIONS))
      return -errno;
    if (count > 0)
      *length += (size_t)count;
    if (count > 0 && count < READ_SIZE - LINE_ROOM && (*bytes)[*length - 1] == '\n')
      return 0;
  }
}

int osh_procfs_slurp(enum osh_procfs_file file, char **owned, struct osh_text *text,
                     const char **call) {
  int fd = open_file(file);
  if (fd < 0) {
    *call = paths[file].open_call;
    return fd;
  }
  *call = paths[file].read_call;
  int error = read_all(fd, owned, &text->length, call);
  close(fd);
  if (error != 0) {
    free(*owned);
    return error;
  }
  text->bytes = *owned;
  return 0;
}

bool osh_next_line(struct osh_text *rest, struct osh_text *line) {
  const char *newline = rest->length == 0 ? NULL : memchr(rest->bytes, '\n', rest->length);
  if (newline == NULL)
    return false;
  line->bytes = rest->bytes;
  line->length = (size_t)(newline - rest->bytes);
  rest->bytes = newline + 1;
  rest->length -= line->length + 1;
  return true;
}

// Cuts the first word off `rest`: what stands between blanks and tabs, for a name may hold anything
// else.
static bool next_word(struct osh_text *rest, struct osh_text *word) {
  while (rest->length > 0 && (*rest->bytes == ' ' || *rest->bytes == '\t')) {
    rest->bytes++;
    rest->length--;
  }
  word->bytes = rest->bytes;
  word->length = 0;
  while (rest->length > 0 && *rest->bytes != ' ' && *rest->bytes != '\t') {
    word->length++;
    rest->bytes++;
    rest->length--;
  }
  return word->length > 0;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool next_hex(struct osh_text *rest, uint32_t max, uint32_t *value) {
  struct osh_text word;
  if (!next_word(rest, &word) || word.length > 8)
    return false;
  *value = 0;
  for (size_t i = 0; i < word.length; i++) {
    int digit = hex_digit(word.bytes[i]);
    if (digit < 0)
      return false;
    *value = *value << 4 | (uint32_t)digit;
  }
  return *value <= max;
}

static bool next_ipv6(struct osh_text *rest, uint8_t *bytes) {
  struct osh_text word;
  if (!next_word(rest, &word) || word.length != 32)
    return false;
  for (size_t i = 0; i < 16; i++) {
    int high = hex_digit(word.bytes[2 * i]);
    int low = hex_digit(word.bytes[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    bytes[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool next_name(struct osh_text *rest, char *name) {
  struct osh_text word;
  // A NUL would cut the name short, and so make it pass for another.
  if (!next_word(rest, &word) || word.length >= IFNAMSIZ ||
      memchr(word.bytes, '\0', word.length) != NULL)
    return false;
  memset(name, 0, IFNAMSIZ);
  memcpy(name, word.bytes, word.length);
  return true;
}

static bool skip_words(struct osh_text *rest, int count) {
  struct osh_text word;
  bool found = true;
  for (int i = 0; i < count && found; i++)
    found = next_word(rest, &word);
  return found;
}

bool osh_parse_if_inet6(struct osh_text line, struct osh_if_inet6 *entry) {
  uint32_t prefix_len;
  if (!next_ipv6(&line, entry->bytes) || !next_hex(&line, INT32_MAX, &entry->ifindex) ||
      !next_hex(&line, 128, &prefix_len))
    return false;
  entry->prefix_len = (uint8_t)prefix_len;
  return entry->ifindex != 0 && skip_words(&line, 2) && next_name(&line, entry->name);
}

bool osh_parse_route(struct osh_text line, struct osh_route *route) {
  uint32_t gateway;
  uint32_t flags;
  if (!next_name(&line, route->name) || !next_hex(&line, UINT32_MAX, &route->destination) ||
      !next_hex(&line, UINT32_MAX, &gateway) || !next_hex(&line, UINT16_MAX, &flags) ||
      !skip_words(&line, 3) || !next_hex(&line, UINT32_MAX, &route->mask))
    return false;
  route->on_link = gateway == 0 && (flags & RTF_UP) && !(flags & (RTF_GATEWAY | RTF_REJECT));
  return true;
}

bool osh_parse_ipv6_route(struct osh_text line, struct osh_ipv6_route *route) {
  uint32_t flags;
  if (!next_ipv6(&line, route->destination) || !skip_words(&line, 4) ||
      !next_hex(&line, UINT32_MAX, &route->metric) || !skip_words(&line, 2) ||
      !next_hex(&line, UINT32_MAX, &flags))
    return false;
  route->reject = (flags & RTF_REJECT) != 0;
  route->local = (flags & (RTF_LOCAL | RTF_ANYCAST)) != 0;
  return next_name(&line, route->name);
}

bool osh_parse_dev(struct osh_text line, char *name) {
  while (line.length > 0 && *line.bytes == ' ') {
    line.bytes++;
    line.length--;
  }
  const char *colon = line.length == 0 ? NULL : memchr(line.bytes, ':', line.length);
  size_t length = colon == NULL ? 0 : (size_t)(colon - line.bytes);
  if (length == 0 || length >= IFNAMSIZ)
    return false;
  memcpy(name, line.bytes, length);
  name[length] = '\0';
  return true;
}

static int add_address(struct osh_snapshot *snapshot, const struct osh_if_inet6 *entry) {
  int error = osh_mention_link(snapshot, entry->ifindex);
  if (error != 0)
    return error;
  struct osh_link *link = &snapshot->links[snapshot->link_count - 1];
  memcpy(link->name, entry->name, sizeof(link->name));
  link->marks |= OSH_LINK_NAME;

  struct osh_address *address = osh_add_address(snapshot);
  if (address == NULL)
    return -ENOMEM;
  address->family = AF_INET6;
  address->prefix_len = entry->prefix_len;
  address->marks = OSH_ADDRESS_PREFIX_KNOWN;
  address->ifindex = entry->ifindex;
  memcpy(address->bytes, entry->bytes, sizeof(address->bytes));
  return 0;
}

static int take_addresses(struct osh_snapshot *snapshot, struct osh_text text,
                          struct osh_attempt *attempt) {
  size_t addresses = snapshot->address_count;
  size_t links = snapshot->link_count;
  struct osh_text line;
  while (osh_next_line(&text, &line)) {
    struct osh_if_inet6 entry;
    bool understood = osh_parse_if_inet6(line, &entry);
    if (!understood)
      osh_refused(attempt, "read(/proc/net/if_inet6)", -EBADMSG);
    if (understood && add_address(snapshot, &entry) != 0) {
      snapshot->address_count = addresses;
      snapshot->link_count = links;
      return osh_refused(attempt, "malloc", -ENOMEM);
    }
  }
  attempt->told |= OSH_FACT_IPV6;
  return 0;
}

int osh_procfs_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  struct osh_text text;
  char *owned;
  const char *call;
  int error = osh_procfs_slurp(OSH_PROCFS_IF_INET6, &owned, &text, &call);
  if (error == 0) {
    error = take_addresses(snapshot, text, attempt);
    free(owned);
    return error;
  }
  // A kernel with no IPv6 has no if_inet6 beside a readable dev: that there are none is an answer.
  const char *ignored;
  if (error == -ENOENT && osh_procfs_slurp(OSH_PROCFS_DEV, &owned, &text, &ignored) == 0) {
    free(owned);
    attempt->told |= OSH_FACT_IPV6;
    return 0;
  }
  return osh_refused(attempt, call, error);
}
