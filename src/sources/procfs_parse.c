// Parses lines of /proc/net's files; see procfs_parse.h. Makes no system call.

#include "procfs_parse.h"

#include <linux/rtnetlink.h>
#include <net/route.h>
#include <string.h>

// linux/ipv6_route.h, which conflicts with net/route.h.
#define RTF_ANYCAST 0x00100000u
// The kernel's net/ipv6.h.
enum ipv6_scope {
  IPV6_ADDR_LOOPBACK = 0x10,
  IPV6_ADDR_LINKLOCAL = 0x20,
  IPV6_ADDR_SITELOCAL = 0x40,
};

static void skip(struct osh_text *text, size_t count) {
  text->bytes += count;
  text->length -= count;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Cuts the first word off `rest`. Names may hold any byte but white space.
static bool next_word(struct osh_text *rest, struct osh_text *word) {
  while (rest->length > 0 && is_blank(*rest->bytes))
    skip(rest, 1);
  *word = (struct osh_text){.bytes = rest->bytes};
  while (rest->length > 0 && !is_blank(*rest->bytes)) {
    word->length++;
    skip(rest, 1);
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

// The lower half of a counter, as in IFLA_STATS (copy_rtnl_link_stats()).
static bool next_counter(struct osh_text *rest, uint32_t *counter) {
  struct osh_text word;
  bool found = next_word(rest, &word);
  *counter = 0;
  for (size_t i = 0; i < word.length && found; i++) {
    found = word.bytes[i] >= '0' && word.bytes[i] <= '9';
    *counter = *counter * 10 + (uint32_t)(word.bytes[i] - '0');
  }
  return found;
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

// A NUL would end the name early, and make it another one.
static bool copy_name(char *name, struct osh_text word) {
  if (word.length == 0 || word.length >= IFNAMSIZ || memchr(word.bytes, '\0', word.length) != NULL)
    return false;
  memset(name, 0, IFNAMSIZ);
  memcpy(name, word.bytes, word.length);
  return true;
}

static bool next_name(struct osh_text *rest, char *name) {
  struct osh_text word;
  return next_word(rest, &word) && copy_name(name, word);
}

static bool skip_words(struct osh_text *rest, int count) {
  struct osh_text word;
  bool found = true;
  for (int i = 0; i < count && found; i++)
    found = next_word(rest, &word);
  return found;
}

static bool skip_heading(struct osh_text *rest, const char *beginning) {
  struct osh_text line;
  const size_t length = strlen(beginning);
  return osh_next_line(rest, &line) && line.length >= length &&
         memcmp(line.bytes, beginning, length) == 0;
}

bool osh_skip_dev_heading(struct osh_text *rest) {
  return skip_heading(rest, "Inter-|") && skip_heading(rest, " face |");
}

bool osh_skip_route_heading(struct osh_text *rest) {
  return skip_heading(rest, "Iface\tDestination\t");
}

// As the kernel's rt_scope() for IFA_SCOPE.
static uint8_t scope_of(uint32_t scope) {
  if (scope & IPV6_ADDR_LINKLOCAL)
    return RT_SCOPE_LINK;
  if (scope & IPV6_ADDR_SITELOCAL)
    return RT_SCOPE_SITE;
  return scope & IPV6_ADDR_LOOPBACK ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
}

bool osh_parse_if_inet6(struct osh_text line, struct osh_if_inet6 *entry) {
  uint32_t prefix_len;
  uint32_t scope;
  uint32_t flags;
  if (!next_ipv6(&line, entry->bytes) || !next_hex(&line, INT32_MAX, &entry->ifindex) ||
      !next_hex(&line, 128, &prefix_len) || !next_hex(&line, UINT16_MAX, &scope) ||
      !next_hex(&line, UINT8_MAX, &flags))
    return false;
  entry->prefix_len = (uint8_t)prefix_len;
  entry->scope = scope_of(scope);
  entry->flags = (uint8_t)flags;
  return entry->ifindex != 0 && next_name(&line, entry->name);
}

// The mask is only counted: gVisor sets its lower bits instead of the upper ones.
bool osh_parse_route(struct osh_text line, struct osh_route *route) {
  uint32_t gateway;
  uint32_t flags;
  uint32_t mask;
  if (!next_name(&line, route->name) || !next_hex(&line, UINT32_MAX, &route->destination) ||
      !next_hex(&line, UINT32_MAX, &gateway) || !next_hex(&line, UINT16_MAX, &flags) ||
      !skip_words(&line, 3) || !next_hex(&line, UINT32_MAX, &mask))
    return false;
  route->prefix_len = (uint8_t)__builtin_popcount(mask);
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
  // The column is blank for a route without a link.
  struct osh_text name;
  memset(route->name, 0, sizeof(route->name));
  return line.length > 0 && (!next_word(&line, &name) || copy_name(route->name, name));
}

// Three of the columns are sums whose parts the line does not show: each goes into the member that
// gives the column its name. No name holds a colon (dev_valid_name()).
bool osh_parse_dev(struct osh_text line, struct osh_dev *dev) {
  while (line.length > 0 && *line.bytes == ' ')
    skip(&line, 1);
  const char *colon = line.length == 0 ? NULL : memchr(line.bytes, ':', line.length);
  const size_t length = colon == NULL ? 0 : (size_t)(colon - line.bytes);
  if (!copy_name(dev->name, (struct osh_text){line.bytes, length}))
    return false;
  skip(&line, length + 1);
  struct rtnl_link_stats *stats = &dev->stats;
  uint32_t *const columns[] = {
      &stats->rx_bytes,          &stats->rx_packets, &stats->rx_errors,
      &stats->rx_dropped, // and rx_missed_errors
      &stats->rx_fifo_errors,
      &stats->rx_frame_errors, // and those of length, overrun and checksum
      &stats->rx_compressed,     &stats->multicast,  &stats->tx_bytes,       &stats->tx_packets,
      &stats->tx_errors,         &stats->tx_dropped, &stats->tx_fifo_errors, &stats->collisions,
      &stats->tx_carrier_errors, // and those of abort, window and heartbeat
      &stats->tx_compressed};
  memset(stats, 0, sizeof(*stats));
  bool parsed = true;
  for (size_t i = 0; i < sizeof(columns) / sizeof(*columns) && parsed; i++)
    parsed = next_counter(&line, columns[i]);
  return parsed;
}
