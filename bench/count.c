// Counted under valgrind: one read, and its addresses as text, as in the addon. The read before it
// resolves the symbols, and is not counted.
//
// count SOURCES [REQUEST]: bits of the sources; and of the request, 1 all links, 2 details.

#include "addon/text.h"
#include "read.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

static void write_texts(const struct osh_snapshot *snapshot) {
  char text[OSH_IPV6_TEXT_MAX];
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    osh_address_text(address->family, address->bytes, text);
  }
  for (size_t i = 0; i < snapshot->link_count; i++)
    osh_mac_text(snapshot->links[i].hwaddr, text);
}

static void read_once(struct osh_request request) {
  struct osh_snapshot snapshot;
  if (osh_read(&snapshot, request) != 0)
    errx(EXIT_FAILURE, "cannot read the network interfaces");
  write_texts(&snapshot);
  osh_snapshot_free(&snapshot);
}

// callgrind counts what this function does (--toggle-collect=counted).
__attribute__((noinline)) void counted(struct osh_request request) {
  read_once(request);
  // Keeps the call from becoming a jump, of which callgrind sees no return.
  __asm__ volatile("");
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3)
    errx(EXIT_FAILURE, "usage: count SOURCES [REQUEST]");
  const unsigned bits = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
  const struct osh_request request = {
      .sources = (unsigned)strtoul(argv[1], NULL, 10), .all_links = bits & 1, .details = bits & 2};
  read_once(request);
  counted(request);
  return EXIT_SUCCESS;
}
