// /proc/net/dev: the name of every link, with or without addresses, up or down, and its counters.

#include "details.h"
#include "procfs.h"

#include <stdlib.h>
#include <string.h>

static struct osh_text skip_blanks(struct osh_text text) {
  while (text.length > 0 && *text.bytes == ' ') {
    text.bytes++;
    text.length--;
  }
  return text;
}

// The lower half of a counter, as IFLA_STATS has it (copy_rtnl_link_stats()).
static bool next_counter(struct osh_text *rest, uint32_t *counter) {
  *rest = skip_blanks(*rest);
  const size_t before = rest->length;
  *counter = 0;
  while (rest->length > 0 && *rest->bytes >= '0' && *rest->bytes <= '9') {
    *counter = *counter * 10 + (uint32_t)(*rest->bytes - '0');
    rest->bytes++;
    rest->length--;
  }
  return rest->length < before;
}

// What a line may hold is what dev_seq_printf_stats() prints: three of the columns are sums, of
// which the parts are not told, and stand in the member that gives the column its name.
static bool parse_stats(struct osh_text rest, struct rtnl_link_stats *stats) {
  uint32_t *const columns[] = {
      &stats->rx_bytes,          &stats->rx_packets, &stats->rx_errors,
      &stats->rx_dropped, // and rx_missed_errors
      &stats->rx_fifo_errors,
      &stats->rx_frame_errors, // and those of length, overrun and checksum
      &stats->rx_compressed,     &stats->multicast,  &stats->tx_bytes,       &stats->tx_packets,
      &stats->tx_errors,         &stats->tx_dropped, &stats->tx_fifo_errors, &stats->collisions,
      &stats->tx_carrier_errors, // and those of abort, window and heartbeat
      &stats->tx_compressed};
  bool read = true;
  for (size_t i = 0; i < sizeof(columns) / sizeof(*columns) && read; i++)
    read = next_counter(&rest, columns[i]);
  return read;
}

// No name holds a colon (dev_valid_name()); the two lines of headings hold none either.
static bool parse_line(struct osh_text line, char *name, struct rtnl_link_stats *stats) {
  line = skip_blanks(line);
  const char *colon = line.length == 0 ? NULL : memchr(line.bytes, ':', line.length);
  const size_t length = colon == NULL ? 0 : (size_t)(colon - line.bytes);
  if (length == 0 || length >= IFNAMSIZ)
    return false;
  memset(name, 0, IFNAMSIZ);
  memcpy(name, line.bytes, length);
  memset(stats, 0, sizeof(*stats));
  const struct osh_text rest = {.bytes = colon + 1, .length = line.length - length - 1};
  return parse_stats(rest, stats);
}

int osh_details_each_dev(osh_each_dev_fn *each, void *data) {
  struct osh_text text;
  char *owned;
  const char *ignored;
  int error = osh_procfs_slurp(OSH_PROCFS_DEV, &owned, &text, &ignored);
  if (error != 0)
    return error;
  struct osh_text line;
  while (error == 0 && osh_next_line(&text, &line)) {
    char name[IFNAMSIZ];
    struct rtnl_link_stats stats;
    if (parse_line(line, name, &stats))
      error = each(name, &stats, data);
  }
  free(owned);
  return error;
}
