// What is counted under valgrind: one snapshot, read and put into text as the addon does. The one
// before it resolves the symbols, and is not counted.

#include "../src/snapshot.h"
#include "../src/text.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void write_texts(const struct osh_snapshot *snapshot) {
  char text[OSH_IPV6_TEXT_MAX];
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->family == AF_INET)
      osh_ipv4_text(address->bytes, text);
    else
      osh_ipv6_text(address->bytes, text);
  }
  for (size_t i = 0; i < snapshot->link_count; i++)
    osh_mac_text(snapshot->links[i].hwaddr, text);
}

static void call(unsigned sources) {
  struct osh_snapshot snapshot;
  if (osh_snapshot_read(&snapshot, sources) != 0)
    errx(EXIT_FAILURE, "no source answered");
  write_texts(&snapshot);
  osh_snapshot_free(&snapshot);
}

// callgrind is told these names (--toggle-collect).
__attribute__((noinline)) void counted(unsigned sources) {
  call(sources);
  // Without a word after it this would be a jump, from which callgrind sees no return.
  __asm__ volatile("");
}

int main(int argc, char **argv) {
  if (argc != 2)
    errx(EXIT_FAILURE, "usage: count SOURCES");
  unsigned sources = (unsigned)strtoul(argv[1], NULL, 10);
  call(sources);
  counted(sources);
  return EXIT_SUCCESS;
}
