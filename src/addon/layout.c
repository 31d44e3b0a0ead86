// See layout.h.

#include "layout.h"

#include "../core/addresses.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// The numbers begin with the count of addresses. Each address then has these, in this order.
#define FIRST_FIELD 1
enum field {
  FIELD_NAME,    // index of its name among the strings
  FIELD_MAC,     // index of its hardware address among the strings
  FIELD_PREFIX,  // prefix length
  FIELD_FLAGS,   // enum flag
  FIELD_IFINDEX, // of its link
  FIELD_COUNT,
};

enum flag {
  FLAG_IPV6 = 1 << 0,
  FLAG_LOOPBACK = 1 << 1,
  FLAG_LINK_LOCAL = 1 << 2,      // unicast or multicast: its scope id is the ifindex
  FLAG_RUNNING = 1 << 3,         // its link is up and running
  FLAG_PREFIX_INFERRED = 1 << 4, // its prefix length was inferred
  FLAG_STATE_INFERRED = 1 << 5,  // its link, or the state of it, was inferred
  FLAG_MAC_UNKNOWN = 1 << 6,     // no source provided the hardware address
};

static bool is_running(const struct osh_link *link) {
  return (link->flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

// The hardware address is that of the link that the label names, if there is one.
static bool is_mac_known(const struct osh_snapshot *snapshot, const struct osh_address *address) {
  return address->mac_link == OSH_NO_LINK
             ? !(snapshot->missing & OSH_FACT_LINKS)
             : (snapshot->links[address->mac_link].facts & OSH_LINK_HWADDR) != 0;
}

static uint32_t flags_of(const struct osh_snapshot *snapshot, const struct osh_address *address,
                         const struct osh_link *link) {
  uint32_t flags = 0;
  if (address->family == AF_INET6)
    flags |= FLAG_IPV6 | (osh_is_link_local(address->bytes) ? FLAG_LINK_LOCAL : 0);
  if (link->flags & IFF_LOOPBACK)
    flags |= FLAG_LOOPBACK;
  if (is_running(link))
    flags |= FLAG_RUNNING;
  if (address->facts & OSH_ADDRESS_PREFIX_INFERRED)
    flags |= FLAG_PREFIX_INFERRED;
  if ((link->facts & OSH_LINK_FLAGS_INFERRED) || (address->facts & OSH_ADDRESS_LINK_INFERRED))
    flags |= FLAG_STATE_INFERRED;
  if (!is_mac_known(snapshot, address))
    flags |= FLAG_MAC_UNKNOWN;
  return flags;
}

// What an address needs at most.
#define MAX_STRINGS_LENGTH (OSH_IPV6_TEXT_MAX + 1 + IFNAMSIZ + OSH_MAC_TEXT_LENGTH + 1)

struct writer {
  struct osh_strings *strings;
  uint32_t *names; // by link: index of its name; 0 if there is none yet
  uint32_t *macs;  // by link, and one more for zeros: index of its hardware address
};

static uint32_t name_index(struct writer *writer, const struct osh_snapshot *snapshot,
                           const struct osh_address *address) {
  const char *name = osh_address_name(snapshot, address);
  const char *link_name = snapshot->links[address->link].name;
  if (name != link_name && strcmp(name, link_name) != 0)
    return osh_append_string(writer->strings, name);
  uint32_t *index = &writer->names[address->link];
  if (*index == 0)
    *index = osh_append_string(writer->strings, name);
  return *index;
}

static uint32_t mac_index(struct writer *writer, const struct osh_snapshot *snapshot,
                          const struct osh_address *address) {
  static const uint8_t zeros[6] = {0};
  bool known = address->mac_link != OSH_NO_LINK && is_running(&snapshot->links[address->mac_link]);
  uint32_t *index = &writer->macs[known ? address->mac_link : snapshot->link_count];
  if (*index == 0) {
    const uint8_t *bytes = known ? snapshot->links[address->mac_link].hwaddr : zeros;
    *index = osh_end_string(writer->strings, osh_mac_text(bytes, osh_strings_end(writer->strings)));
  }
  return *index;
}

static void write_addresses(struct writer *writer, const struct osh_snapshot *snapshot,
                            uint32_t *numbers) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    osh_end_string(writer->strings, osh_address_text(address->family, address->bytes,
                                                     osh_strings_end(writer->strings)));
  }
  numbers[0] = (uint32_t)snapshot->address_count;
  numbers += FIRST_FIELD;
  for (size_t i = 0; i < snapshot->address_count; i++, numbers += FIELD_COUNT) {
    const struct osh_address *address = &snapshot->addresses[i];
    numbers[FIELD_NAME] = name_index(writer, snapshot, address);
    numbers[FIELD_MAC] = mac_index(writer, snapshot, address);
    numbers[FIELD_PREFIX] = address->prefix_len;
    numbers[FIELD_FLAGS] = flags_of(snapshot, address, &snapshot->links[address->link]);
    numbers[FIELD_IFINDEX] = address->ifindex;
  }
}

size_t osh_numbers_length(const struct osh_snapshot *snapshot) {
  return FIRST_FIELD + snapshot->address_count * FIELD_COUNT;
}

bool osh_lay_out(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                 uint32_t *numbers) {
  size_t count = snapshot->link_count + 1;
  *strings = (struct osh_strings){
      .bytes = malloc(snapshot->address_count * MAX_STRINGS_LENGTH + 1),
      .ascii = true,
  };
  struct writer writer = {.strings = strings, .names = calloc(2 * count, sizeof(*writer.names))};
  bool allocated = strings->bytes != NULL && writer.names != NULL;
  if (allocated) {
    writer.macs = writer.names + count;
    write_addresses(&writer, snapshot, numbers);
  } else {
    free(strings->bytes);
  }
  free(writer.names);
  return allocated;
}
