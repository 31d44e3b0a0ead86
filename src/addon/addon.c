// The N-API binding: read(), which passes a snapshot to lib/ in few values, and probe(). What they
// mean for os.networkInterfaces() is decided there.

#include "../core/addresses.h"
#include "../read.h"
#include "../sources/rtnetlink.h"
#include "text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Weak: other programs preload this file, and lack these functions.
#define NAPI_EXTERN __attribute__((weak))
#include <node_api.h>

// Every N-API call goes through here. Returns true if it succeeded, else an exception is pending.
// The message is fetched first: every other call, napi_is_exception_pending() too, clears it.
static bool ok(napi_env env, napi_status status) {
  if (status == napi_ok)
    return true;
  const napi_extended_error_info *info = NULL;
  (void)napi_get_last_error_info(env, &info);
  const char *message = info == NULL ? NULL : info->error_message;
  bool pending = false;
  if (status != napi_pending_exception && napi_is_exception_pending(env, &pending) == napi_ok &&
      !pending)
    (void)napi_throw_error(env, "ERR_OSH_IFADDRS_NAPI",
                           message == NULL ? "an N-API call failed" : message);
  return false;
}

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

// All strings in one, each with a NUL after it, which none of them can hold: one N-API call for
// each would take as long as everything else. First the addresses in their order, then names and
// hardware addresses as they come up, those of a link once.
struct strings {
  char *bytes;
  size_t length;
  uint32_t count;
  uint32_t *names; // by link: index of its name; 0 if there is none yet
  uint32_t *macs;  // by link, and one more for zeros: index of its hardware address
};

// What an address needs at most.
#define MAX_STRINGS_LENGTH (OSH_IPV6_TEXT_MAX + 1 + IFNAMSIZ + OSH_MAC_TEXT_LENGTH + 1)

static bool allocate_strings(struct strings *strings, const struct osh_snapshot *snapshot) {
  size_t count = snapshot->link_count + 1;
  memset(strings, 0, sizeof(*strings));
  strings->bytes = malloc(snapshot->address_count * MAX_STRINGS_LENGTH + 1);
  strings->names = calloc(2 * count, sizeof(*strings->names));
  if (strings->bytes == NULL || strings->names == NULL)
    return false;
  strings->macs = strings->names + count;
  return true;
}

// Ends the string of `length` bytes that was written at the end. Returns its index.
static uint32_t end_string(struct strings *strings, size_t length) {
  strings->length += length;
  strings->bytes[strings->length++] = '\0';
  return strings->count++;
}

static size_t format_address(uint8_t family, const uint8_t *bytes, char *text) {
  return family == AF_INET ? osh_ipv4_text(bytes, text) : osh_ipv6_text(bytes, text);
}

static uint32_t append_name(struct strings *strings, const char *name) {
  size_t length = strlen(name);
  memcpy(strings->bytes + strings->length, name, length);
  return end_string(strings, length);
}

static uint32_t name_index(struct strings *strings, const struct osh_snapshot *snapshot,
                           const struct osh_address *address) {
  const char *name = osh_address_name(snapshot, address);
  const char *link_name = snapshot->links[address->link].name;
  if (name != link_name && strcmp(name, link_name) != 0)
    return append_name(strings, name);
  uint32_t *index = &strings->names[address->link];
  if (*index == 0)
    *index = append_name(strings, name);
  return *index;
}

static uint32_t mac_index(struct strings *strings, const struct osh_snapshot *snapshot,
                          const struct osh_address *address) {
  static const uint8_t zeros[6] = {0};
  bool known = address->mac_link != OSH_NO_LINK && is_running(&snapshot->links[address->mac_link]);
  uint32_t *index = &strings->macs[known ? address->mac_link : snapshot->link_count];
  if (*index == 0) {
    const uint8_t *bytes = known ? snapshot->links[address->mac_link].hwaddr : zeros;
    *index = end_string(strings, osh_mac_text(bytes, strings->bytes + strings->length));
  }
  return *index;
}

static void fill(struct strings *strings, uint32_t *numbers, const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    end_string(strings,
               format_address(address->family, address->bytes, strings->bytes + strings->length));
  }
  numbers[0] = (uint32_t)snapshot->address_count;
  numbers += FIRST_FIELD;
  for (size_t i = 0; i < snapshot->address_count; i++, numbers += FIELD_COUNT) {
    const struct osh_address *address = &snapshot->addresses[i];
    numbers[FIELD_NAME] = name_index(strings, snapshot, address);
    numbers[FIELD_MAC] = mac_index(strings, snapshot, address);
    numbers[FIELD_PREFIX] = address->prefix_len;
    numbers[FIELD_FLAGS] = flags_of(snapshot, address, &snapshot->links[address->link]);
    numbers[FIELD_IFINDEX] = address->ifindex;
  }
}

static bool set(napi_env env, napi_value object, const char *name, napi_value value) {
  return ok(env, napi_set_named_property(env, object, name, value));
}

static bool set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value;
  return ok(env, napi_create_int64(env, number, &value)) && set(env, object, name, value);
}

// NULL becomes null.
static bool set_string(napi_env env, napi_value object, const char *name, const char *string) {
  napi_value value;
  napi_status status = string == NULL
                           ? napi_get_null(env, &value)
                           : napi_create_string_utf8(env, string, NAPI_AUTO_LENGTH, &value);
  return ok(env, status) && set(env, object, name, value);
}

// The numbers: the caller's own array, or a new one if that is too small.
struct numbers {
  napi_value array;
  uint32_t *data;
  size_t length; // of the caller's
};

static bool get_numbers(napi_env env, napi_value array, struct numbers *numbers) {
  napi_typedarray_type type;
  void *data;
  if (!ok(env, napi_get_typedarray_info(env, array, &type, &numbers->length, &data, NULL, NULL)))
    return false;
  if (type != napi_uint32_array) {
    (void)ok(env, napi_throw_type_error(env, NULL, "the third argument must be a Uint32Array"));
    return false;
  }
  numbers->array = array;
  numbers->data = data;
  return true;
}

static bool create_numbers(napi_env env, size_t length, struct numbers *numbers) {
  napi_value buffer;
  void *data;
  if (!ok(env, napi_create_arraybuffer(env, length * sizeof(*numbers->data), &data, &buffer)) ||
      !ok(env, napi_create_typedarray(env, napi_uint32_array, length, buffer, 0, &numbers->array)))
    return false;
  numbers->data = data;
  return true;
}

// Sets `*fits` if the numbers are in the caller's array.
static bool create_addresses(napi_env env, const struct osh_snapshot *snapshot,
                             struct numbers *numbers, napi_value *text, bool *fits) {
  size_t length = FIRST_FIELD + snapshot->address_count * FIELD_COUNT;
  *fits = length <= numbers->length;
  if (!*fits && !create_numbers(env, length, numbers))
    return false;
  struct strings strings;
  bool created = allocate_strings(&strings, snapshot);
  if (created) {
    fill(&strings, numbers->data, snapshot);
    created = ok(env, napi_create_string_utf8(env, strings.bytes, strings.length, text));
  } else {
    (void)napi_throw_error(env, "ENOMEM", "no memory for the addresses");
  }
  free(strings.bytes);
  free(strings.names);
  return created;
}

static bool set_attempts(napi_env env, napi_value result, const struct osh_snapshot *snapshot) {
  napi_value attempts;
  if (!ok(env, napi_create_array(env, &attempts)) || !set(env, result, "attempts", attempts) ||
      !set_number(env, result, "missing", snapshot->missing))
    return false;
  for (uint32_t i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    napi_value object;
    if (!ok(env, napi_create_object(env, &object)) ||
        !ok(env, napi_set_element(env, attempts, i, object)) ||
        !set_string(env, object, "name", osh_source_name(i)) ||
        !set_string(env, object, "status", osh_status_name(attempt->status)) ||
        !set_string(env, object, "syscall", attempt->call) ||
        !set_number(env, object, "errno", -(int64_t)attempt->error) ||
        !set_number(env, object, "provided", attempt->provided))
      return false;
  }
  return true;
}

static bool set_omissions(napi_env env, napi_value result, const struct osh_snapshot *snapshot) {
  napi_value omissions;
  if (!ok(env, napi_create_array(env, &omissions)) || !set(env, result, "omissions", omissions))
    return false;
  for (uint32_t i = 0; i < snapshot->omission_count; i++) {
    const struct osh_omission *omission = &snapshot->omissions[i];
    char text[OSH_IPV6_TEXT_MAX + 1] = {0};
    (void)format_address(omission->family, omission->bytes, text);
    napi_value object;
    if (!ok(env, napi_create_object(env, &object)) ||
        !ok(env, napi_set_element(env, omissions, i, object)) ||
        !set_string(env, object, "name", omission->label) ||
        !set_string(env, object, "address", text))
      return false;
  }
  return true;
}

// Creates what read() returns if the text alone is not enough. `text` is NULL if no source
// answered.
static napi_value create_reading(napi_env env, const struct osh_snapshot *snapshot, bool diagnose,
                                 napi_value text, napi_value numbers) {
  napi_value reading;
  if (!ok(env, napi_create_object(env, &reading)))
    return NULL;
  bool answered = text != NULL;
  bool created =
      (!answered || (set(env, reading, "text", text) && set(env, reading, "numbers", numbers))) &&
      ((answered && !diagnose) || set_attempts(env, reading, snapshot)) &&
      (!diagnose || set_omissions(env, reading, snapshot));
  return created ? reading : NULL;
}

static napi_value create_result(napi_env env, const struct osh_snapshot *snapshot, bool answered,
                                bool diagnose, struct numbers *numbers) {
  napi_value text = NULL;
  bool fits = false;
  if (answered && !create_addresses(env, snapshot, numbers, &text, &fits))
    return NULL;
  if (fits && !diagnose)
    return text;
  return create_reading(env, snapshot, diagnose, text, numbers->array);
}

// read(sources: number, diagnose: boolean, numbers: Uint32Array)
//
// Returns all strings in one if a source answered and `numbers`, which it fills, is large enough.
// Otherwise, or with `diagnose`, returns an object: with `text` and `numbers` if a source answered;
// with `attempts` and `missing` if none did or with `diagnose`; with `omissions` with `diagnose`.
static napi_value read_snapshot(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  uint32_t sources;
  bool diagnose;
  struct numbers numbers;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !ok(env, napi_get_value_uint32(env, arguments[0], &sources)) ||
      !ok(env, napi_get_value_bool(env, arguments[1], &diagnose)) ||
      !get_numbers(env, arguments[2], &numbers))
    return NULL;

  struct osh_snapshot snapshot;
  int error = osh_read(&snapshot, (struct osh_request){.sources = sources});
  napi_value result = create_result(env, &snapshot, error == 0, diagnose, &numbers);
  osh_snapshot_free(&snapshot);
  return result;
}

// probe(): the first call of glibc's getifaddrs(3) that fails when repeated, as { syscall, errno };
// null if all succeed.
static napi_value probe(napi_env env, napi_callback_info info) {
  (void)info;
  struct osh_attempt attempt = {0};
  osh_rtnetlink_probe(&attempt);
  napi_value result;
  if (attempt.error == 0)
    return ok(env, napi_get_null(env, &result)) ? result : NULL;
  bool created = ok(env, napi_create_object(env, &result)) &&
                 set_string(env, result, "syscall", attempt.call) &&
                 set_number(env, result, "errno", -(int64_t)attempt.error);
  return created ? result : NULL;
}

static bool export_function(napi_env env, napi_value exports, const char *name,
                            napi_callback callback) {
  napi_value function;
  return ok(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function)) &&
         set(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  bool exported = export_function(env, exports, "read", read_snapshot) &&
                  export_function(env, exports, "probe", probe);
  return exported ? exports : NULL;
}
