// See interfaces.h.

#include "interfaces.h"

#include "../core/addresses.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// The numbers begin with these counts. So many records of each kind follow, in this order.
enum count { COUNT_LINKS, COUNT_ADDRESSES, COUNT_ALTERNATIVE_NAMES, COUNTS };

// Strings are indexes; 0, an empty one, means that there is none.
enum link_field {
  LINK_IFINDEX,
  LINK_NAME, // string
  LINK_MAC,  // string
  LINK_KIND, // string
  LINK_FLAGS,
  LINK_TYPE, // ARPHRD_*
  LINK_MTU,
  LINK_OPERSTATE, // IF_OPER_*; 0 if it is not known
  LINK_KNOWN,     // enum link_known
  LINK_FIELDS,
};

enum link_known {
  LINK_KNOWN_FLAGS = 1 << 0,
  LINK_KNOWN_STATE = 1 << 1, // only whether it is up, running or the loopback link, by inference
  LINK_KNOWN_TYPE = 1 << 2,
  LINK_KNOWN_MTU = 1 << 3,
  LINK_KNOWN_KIND = 1 << 4, // by rtnetlink, with alternative names and every flag
};

enum address_field {
  ADDRESS_LINK,      // which of the links
  ADDRESS_TEXT,      // string
  ADDRESS_PREFIX,    // length
  ADDRESS_LABEL,     // string
  ADDRESS_SCOPE,     // RT_SCOPE_*
  ADDRESS_FLAGS,     // IFA_F_*
  ADDRESS_BROADCAST, // string
  ADDRESS_PEER,      // string
  ADDRESS_KNOWN,     // enum address_known
  ADDRESS_FIELDS,
};

enum address_known {
  ADDRESS_IS_IPV6 = 1 << 0,
  ADDRESS_IS_LINK_LOCAL = 1 << 1, // its scope id is the ifindex
  ADDRESS_PREFIX_IS_INFERRED = 1 << 2,
  ADDRESS_LINK_IS_INFERRED = 1 << 3,
  ADDRESS_KNOWN_SCOPE = 1 << 4,
  ADDRESS_KNOWN_FLAGS = 1 << 5,
};

enum name_field { NAME_IFINDEX, NAME_TEXT, NAME_FIELDS };

// What a record needs at most.
#define LINK_STRINGS                                                                               \
  (IFNAMSIZ + OSH_HWADDR_TEXT_MAX + 1 + sizeof(((struct osh_link_details *)0)->kind))
#define ADDRESS_STRINGS (2 * (OSH_IPV6_TEXT_MAX + 1) + OSH_IPV4_TEXT_MAX + 1 + IFNAMSIZ)
#define NAME_STRINGS sizeof(((struct osh_alternative_name *)0)->name)

static uint32_t append_if_any(struct osh_strings *strings, const char *name) {
  return name[0] == '\0' ? 0 : osh_append_string(strings, name);
}

static uint32_t append_address(struct osh_strings *strings, uint8_t family, const uint8_t *bytes) {
  return osh_end_string(strings, osh_address_text(family, bytes, osh_strings_end(strings)));
}

static uint32_t append_mac(struct osh_strings *strings, const struct osh_link *link) {
  bool whole = (link->facts & OSH_LINK_HWADDR) && !(link->facts & OSH_LINK_HWADDR_CUT);
  if (!whole || link->hwaddr_len == 0)
    return 0;
  return osh_end_string(strings,
                        osh_hwaddr_text(link->hwaddr, link->hwaddr_len, osh_strings_end(strings)));
}

static uint32_t what_is_known(const struct osh_link *link, const struct osh_link_details *details) {
  uint32_t known = 0;
  if (link->facts & OSH_LINK_FLAGS)
    known |= LINK_KNOWN_FLAGS;
  if (link->facts & OSH_LINK_FLAGS_INFERRED)
    known |= LINK_KNOWN_STATE;
  if (link->facts & OSH_LINK_HWADDR)
    known |= LINK_KNOWN_TYPE;
  if (details != NULL && (details->facts & OSH_LINK_MTU))
    known |= LINK_KNOWN_MTU;
  if (details != NULL && (details->facts & OSH_LINK_KIND))
    known |= LINK_KNOWN_KIND;
  return known;
}

static void write_link(const struct osh_snapshot *snapshot, const struct osh_link *link,
                       struct osh_strings *strings, uint32_t *numbers) {
  const struct osh_link_details *details = osh_link_details(snapshot, link);
  numbers[LINK_IFINDEX] = link->ifindex;
  numbers[LINK_NAME] = append_if_any(strings, link->name);
  numbers[LINK_MAC] = append_mac(strings, link);
  numbers[LINK_KIND] = details == NULL ? 0 : append_if_any(strings, details->kind);
  numbers[LINK_FLAGS] = link->flags;
  numbers[LINK_TYPE] = link->type;
  numbers[LINK_MTU] = details == NULL ? 0 : details->mtu;
  numbers[LINK_OPERSTATE] = details == NULL ? 0 : details->operstate;
  numbers[LINK_KNOWN] = what_is_known(link, details);
}

static void write_address_details(const struct osh_address *address,
                                  const struct osh_address_details *details,
                                  struct osh_strings *strings, uint32_t *numbers) {
  const size_t size = address->family == AF_INET ? 4 : 16;
  numbers[ADDRESS_SCOPE] = details->scope;
  numbers[ADDRESS_FLAGS] = details->flags;
  if (!osh_is_zero(details->broadcast, sizeof(details->broadcast)))
    numbers[ADDRESS_BROADCAST] = append_address(strings, AF_INET, details->broadcast);
  // An IPv4 address without a peer has itself as one.
  if (!osh_is_zero(details->peer, size) && memcmp(details->peer, address->bytes, size) != 0)
    numbers[ADDRESS_PEER] = append_address(strings, address->family, details->peer);
  if (details->facts & OSH_ADDRESS_SCOPE)
    numbers[ADDRESS_KNOWN] |= ADDRESS_KNOWN_SCOPE;
  if (details->facts & OSH_ADDRESS_FLAGS)
    numbers[ADDRESS_KNOWN] |= ADDRESS_KNOWN_FLAGS;
}

static void write_address(const struct osh_snapshot *snapshot, const struct osh_address *address,
                          struct osh_strings *strings, uint32_t *numbers) {
  memset(numbers, 0, ADDRESS_FIELDS * sizeof(*numbers));
  numbers[ADDRESS_LINK] = address->link;
  numbers[ADDRESS_TEXT] = append_address(strings, address->family, address->bytes);
  numbers[ADDRESS_PREFIX] = address->prefix_len;
  numbers[ADDRESS_LABEL] = append_if_any(strings, address->label);
  if (address->family == AF_INET6)
    numbers[ADDRESS_KNOWN] |=
        ADDRESS_IS_IPV6 | (osh_is_link_local(address->bytes) ? ADDRESS_IS_LINK_LOCAL : 0u);
  if (address->facts & OSH_ADDRESS_PREFIX_INFERRED)
    numbers[ADDRESS_KNOWN] |= ADDRESS_PREFIX_IS_INFERRED;
  if (address->facts & OSH_ADDRESS_LINK_INFERRED)
    numbers[ADDRESS_KNOWN] |= ADDRESS_LINK_IS_INFERRED;
  const struct osh_address_details *details = osh_address_details(snapshot, address);
  if (details != NULL)
    write_address_details(address, details, strings, numbers);
}

size_t osh_interfaces_length(const struct osh_snapshot *snapshot) {
  return COUNTS + snapshot->link_count * LINK_FIELDS + snapshot->address_count * ADDRESS_FIELDS +
         snapshot->alternative_name_count * NAME_FIELDS;
}

static void write_all(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                      uint32_t *numbers) {
  (void)osh_append_string(strings, "");
  numbers[COUNT_LINKS] = (uint32_t)snapshot->link_count;
  numbers[COUNT_ADDRESSES] = (uint32_t)snapshot->address_count;
  numbers[COUNT_ALTERNATIVE_NAMES] = (uint32_t)snapshot->alternative_name_count;
  numbers += COUNTS;
  for (size_t i = 0; i < snapshot->link_count; i++, numbers += LINK_FIELDS)
    write_link(snapshot, &snapshot->links[i], strings, numbers);
  for (size_t i = 0; i < snapshot->address_count; i++, numbers += ADDRESS_FIELDS)
    write_address(snapshot, &snapshot->addresses[i], strings, numbers);
  for (size_t i = 0; i < snapshot->alternative_name_count; i++, numbers += NAME_FIELDS) {
    numbers[NAME_IFINDEX] = snapshot->alternative_names[i].ifindex;
    numbers[NAME_TEXT] = append_if_any(strings, snapshot->alternative_names[i].name);
  }
}

bool osh_lay_out_interfaces(const struct osh_snapshot *snapshot, struct osh_strings *strings,
                            uint32_t *numbers) {
  *strings = (struct osh_strings){
      .bytes = malloc(1 + snapshot->link_count * LINK_STRINGS +
                      snapshot->address_count * ADDRESS_STRINGS +
                      snapshot->alternative_name_count * NAME_STRINGS),
      .ascii = true,
  };
  if (strings->bytes == NULL)
    return false;
  write_all(snapshot, strings, numbers);
  return true;
}
