// Links and addresses of a snapshot for the unit tests.
#pragma once

#include "unit.h"

#include "core/snapshot.h"

#include <arpa/inet.h>
#include <stdio.h>

static inline struct osh_link *add_link(struct osh_snapshot *snapshot, uint32_t ifindex,
                                        uint8_t facts, const char *name) {
  struct osh_link *link = osh_add_link(snapshot);
  assert_non_null(link);
  link->ifindex = ifindex;
  link->facts = facts;
  (void)snprintf(link->name, sizeof(link->name), "%s", name);
  return link;
}

static inline struct osh_address *add_address(struct osh_snapshot *snapshot, uint32_t ifindex,
                                              const char *text, const char *label) {
  struct osh_address *address = osh_add_address(snapshot);
  assert_non_null(address);
  address->family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
  assert_int_equal(inet_pton(address->family, text, address->bytes), 1);
  address->ifindex = ifindex;
  (void)snprintf(address->label, sizeof(address->label), "%s", label);
  return address;
}

static inline void assert_bytes_of(int family, const uint8_t *bytes, const char *expected) {
  char text[INET6_ADDRSTRLEN];
  assert_non_null(inet_ntop(family, bytes, text, sizeof(text)));
  assert_string_equal(text, expected);
}
