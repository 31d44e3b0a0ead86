/*
 * Reads a snapshot from the sources whose bits the first argument gives, and prints every byte of
 * it that means something, so that valgrind sees whether all of them were set.
 */

#include "snapshot.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void print_bytes(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    (void)printf("%02x", bytes[i]);
}

static void print_links(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->link_count; i++) {
    const struct osh_link *link = &snapshot->links[i];
    (void)printf("link %u %s %x %u %x ", link->ifindex, link->name, link->flags, link->type,
                 link->marks);
    print_bytes(link->hwaddr, link->hwaddr_len);
    (void)printf("\n");
  }
}

static void print_addresses(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    char text[OSH_IPV6_TEXT_MAX + 1] = {0};
    (void)(address->family == AF_INET ? osh_ipv4_text(address->bytes, text)
                                      : osh_ipv6_text(address->bytes, text));
    (void)printf("address %s/%u %s %u %u %u %x\n", text, address->prefix_len, address->name,
                 address->ifindex, address->link, address->mac_link, address->marks);
  }
}

static void print_rest(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->omission_count; i++) {
    (void)printf("omitted %s ", snapshot->omissions[i].name);
    print_bytes(snapshot->omissions[i].bytes, snapshot->omissions[i].family == AF_INET ? 4 : 16);
    (void)printf("\n");
  }
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    (void)printf("%s %s %x %x %d %s\n", osh_source_name(i), osh_status_name(attempt->status),
                 attempt->asked, attempt->told, attempt->error,
                 attempt->call == NULL ? "" : attempt->call);
  }
}

int main(int argc, char **argv) {
  unsigned sources = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : OSH_SOURCES_ALL;
  struct osh_snapshot snapshot;
  int error = osh_snapshot_read(&snapshot, sources);
  (void)printf("%d %x\n", error, snapshot.missing);
  print_links(&snapshot);
  print_addresses(&snapshot);
  print_rest(&snapshot);
  osh_snapshot_free(&snapshot);
  return EXIT_SUCCESS;
}
