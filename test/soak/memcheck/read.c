/*
 * Reads a snapshot from the sources whose bits the first argument has, without and with all links
 * and details, and prints every byte that is set, so that valgrind sees whether it is.
 */

#include "read.h"
#include "addon/text.h"
#include "core/addresses.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void print_bytes(const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    (void)printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void print_links(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->link_count; i++) {
    const struct osh_link *link = &snapshot->links[i];
    (void)printf("link %u %s %x %u %x %u ", link->ifindex, link->name, link->flags, link->type,
                 link->facts, link->order);
    print_bytes(link->hwaddr, link->hwaddr_len);
    const struct osh_link_details *details = osh_link_details(snapshot, link);
    if (details != NULL) {
      (void)printf(" %x %u %s %u ", details->facts, details->operstate, details->kind,
                   details->mtu);
      print_bytes(details->broadcast, details->broadcast_len);
      print_bytes(&details->stats, sizeof(details->stats));
    }
    (void)printf("\n");
  }
  for (size_t i = 0; i < snapshot->alternative_name_count; i++)
    (void)printf("alternative name %u %s\n", snapshot->alternative_names[i].ifindex,
                 snapshot->alternative_names[i].name);
}

static void print_addresses(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    char text[OSH_IPV6_TEXT_MAX + 1] = {0};
    osh_address_text(address->family, address->bytes, text);
    (void)printf("address %s/%u %s %u %u %u %x", text, address->prefix_len,
                 osh_address_name(snapshot, address), address->ifindex, address->link,
                 address->mac_link, address->facts);
    const struct osh_address_details *details = osh_address_details(snapshot, address);
    if (details != NULL) {
      (void)printf(" %x %u %x ", details->facts, details->scope, details->flags);
      print_bytes(details->broadcast, sizeof(details->broadcast));
      print_bytes(details->peer, sizeof(details->peer));
    }
    (void)printf("\n");
  }
}

static void print_rest(const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->omission_count; i++) {
    (void)printf("omitted %s ", snapshot->omissions[i].label);
    print_bytes(snapshot->omissions[i].bytes, snapshot->omissions[i].family == AF_INET ? 4 : 16);
    (void)printf("\n");
  }
  for (int i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    (void)printf("%s %s %x %x %d %s\n", osh_source_name(i), osh_status_name(attempt->status),
                 attempt->requested, attempt->provided, attempt->error,
                 attempt->call == NULL ? "" : attempt->call);
  }
}

static void print_read(struct osh_request request) {
  struct osh_snapshot snapshot;
  int error = osh_read(&snapshot, request);
  (void)printf("%d %x\n", error, snapshot.missing);
  print_links(&snapshot);
  print_addresses(&snapshot);
  print_rest(&snapshot);
  osh_snapshot_free(&snapshot);
}

int main(int argc, char **argv) {
  const unsigned sources = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : OSH_SOURCES_ALL;
  print_read((struct osh_request){.sources = sources});
  print_read((struct osh_request){.sources = sources, .all_links = true, .details = true});
  return EXIT_SUCCESS;
}
