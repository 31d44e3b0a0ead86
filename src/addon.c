// The N-API face of the core: one function, read(), which hands a snapshot over to lib/index.js in
// few pieces. What the pieces mean for os.networkInterfaces() is decided there, not here.

#include "snapshot.h"
#include "text.h"

#include <node_api.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Every N-API call goes through here: true when it succeeded, else an exception is pending.
static bool ok(napi_env env, napi_status status) {
  if (status == napi_ok)
    return true;
  bool pending = false;
  const napi_extended_error_info *info = NULL;
  if (status != napi_pending_exception && napi_is_exception_pending(env, &pending) == napi_ok &&
      !pending) {
    (void)napi_get_last_error_info(env, &info);
    const char *message = info != NULL ? info->error_message : NULL;
    (void)napi_throw_error(env, "ERR_OSH_IFADDRS_NAPI",
                           message != NULL ? message : "an N-API call failed");
  }
  return false;
}

// What each address is made of beside its text, in this order, in one Uint32Array.
enum number {
  NUMBER_KEY,     // place of its key in `keys`
  NUMBER_MAC,     // place of its hardware address in `macs`
  NUMBER_PREFIX,  // prefix length
  NUMBER_BITS,    // enum bit
  NUMBER_IFINDEX, // of its link
  NUMBER_COUNT,
};

enum bit {
  BIT_IPV6 = 1 << 0,
  BIT_LOOPBACK = 1 << 1,
  BIT_SCOPED = 1 << 2,          // link-local, unicast or multicast: its scope id is the ifindex
  BIT_RUNNING = 1 << 3,         // its link is up and running
  BIT_PREFIX_INFERRED = 1 << 4, // its prefix length was inferred
  BIT_STATE_INFERRED = 1 << 5,  // what its link is like, or which it is, was inferred
  BIT_MAC_UNKNOWN = 1 << 6,     // no source told the hardware address
};

static bool running(const struct osh_link *link) {
  return (link->flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

// fe80::/10 and ff02::/16, whatever the flags in the latter (IN6_IS_ADDR_MC_LINKLOCAL()).
static bool scoped(const uint8_t *bytes) {
  return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
         (bytes[0] == 0xff && (bytes[1] & 0x0f) == 0x02);
}

static uint32_t bits_of(const struct osh_address *address, const struct osh_link *link) {
  uint32_t bits = 0;
  if (address->family == AF_INET6)
    bits |= BIT_IPV6 | (scoped(address->bytes) ? BIT_SCOPED : 0);
  if (link->flags & IFF_LOOPBACK)
    bits |= BIT_LOOPBACK;
  if (running(link))
    bits |= BIT_RUNNING;
  if (address->marks & OSH_ADDRESS_PREFIX_INFERRED)
    bits |= BIT_PREFIX_INFERRED;
  if ((link->marks & OSH_LINK_INFERRED) || (address->marks & OSH_ADDRESS_LINK_INFERRED))
    bits |= BIT_STATE_INFERRED;
  if (!(link->marks & OSH_LINK_HWADDR))
    bits |= BIT_MAC_UNKNOWN;
  return bits;
}

// A growing JS array of strings. Neighbours that are alike share one: addresses come link by link.
struct strings {
  napi_value array;
  uint32_t count;
  const void *last; // what the last one was made from
};

static bool add_string(napi_env env, struct strings *strings, napi_value string) {
  return ok(env, napi_set_element(env, strings->array, strings->count++, string));
}

static bool add_key(napi_env env, struct strings *keys, const struct osh_address *address,
                    const struct osh_link *link) {
  const char *name = address->name[0] != '\0' ? address->name : link->name;
  // Every address is tied to a link, so that there are links where there is an address.
  // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker)
  if (keys->last != NULL && strcmp(keys->last, name) == 0)
    return true;
  keys->last = name;
  napi_value string;
  return ok(env, napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &string)) &&
         add_string(env, keys, string);
}

static bool add_mac(napi_env env, struct strings *macs, const struct osh_link *link) {
  static const uint8_t zeros[6] = {0};
  const uint8_t *bytes = link != NULL && running(link) ? link->hwaddr : zeros;
  if (macs->last == bytes)
    return true;
  macs->last = bytes;
  char text[OSH_MAC_TEXT_LENGTH];
  napi_value string;
  return ok(env, napi_create_string_latin1(env, text, osh_mac_text(bytes, text), &string)) &&
         add_string(env, macs, string);
}

// The addresses' texts, a newline after each.
static bool make_text(napi_env env, const struct osh_snapshot *snapshot, napi_value *value) {
  char *text = malloc(snapshot->address_count * (OSH_IPV6_TEXT_MAX + 1) + 1);
  if (text == NULL) {
    (void)napi_throw_error(env, "ENOMEM", "no memory for the addresses");
    return false;
  }
  size_t length = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    length += address->family == AF_INET ? osh_ipv4_text(address->bytes, text + length)
                                         : osh_ipv6_text(address->bytes, text + length);
    text[length++] = '\n';
  }
  bool made = ok(env, napi_create_string_latin1(env, text, length, value));
  free(text);
  return made;
}

static bool make_numbers(napi_env env, const struct osh_snapshot *snapshot, struct strings *keys,
                         struct strings *macs, napi_value *value) {
  uint32_t *numbers;
  size_t count = snapshot->address_count * NUMBER_COUNT;
  napi_value buffer;
  if (!ok(env, napi_create_arraybuffer(env, count * sizeof(*numbers), (void **)&numbers, &buffer)))
    return false;
  for (size_t i = 0; i < snapshot->address_count; i++, numbers += NUMBER_COUNT) {
    const struct osh_address *address = &snapshot->addresses[i];
    const struct osh_link *link = &snapshot->links[address->link];
    const struct osh_link *mac_link =
        address->mac_link == OSH_NO_LINK ? NULL : &snapshot->links[address->mac_link];
    if (!add_key(env, keys, address, link) || !add_mac(env, macs, mac_link))
      return false;
    numbers[NUMBER_KEY] = keys->count - 1;
    numbers[NUMBER_MAC] = macs->count - 1;
    numbers[NUMBER_PREFIX] = address->prefix_len;
    numbers[NUMBER_BITS] = bits_of(address, link);
    numbers[NUMBER_IFINDEX] = address->ifindex;
  }
  return ok(env, napi_create_typedarray(env, napi_uint32_array, count, buffer, 0, value));
}

static bool set(napi_env env, napi_value object, const char *name, napi_value value) {
  return ok(env, napi_set_named_property(env, object, name, value));
}

static bool set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value;
  return ok(env, napi_create_int64(env, number, &value)) && set(env, object, name, value);
}

// NULL is null.
static bool set_string(napi_env env, napi_value object, const char *name, const char *string) {
  napi_value value;
  napi_status status = string == NULL
                           ? napi_get_null(env, &value)
                           : napi_create_string_utf8(env, string, NAPI_AUTO_LENGTH, &value);
  return ok(env, status) && set(env, object, name, value);
}

static bool set_addresses(napi_env env, napi_value result, const struct osh_snapshot *snapshot) {
  struct strings keys = {0};
  struct strings macs = {0};
  napi_value text;
  napi_value numbers;
  return ok(env, napi_create_array(env, &keys.array)) &&
         ok(env, napi_create_array(env, &macs.array)) && make_text(env, snapshot, &text) &&
         make_numbers(env, snapshot, &keys, &macs, &numbers) && set(env, result, "text", text) &&
         set(env, result, "numbers", numbers) && set(env, result, "keys", keys.array) &&
         set(env, result, "macs", macs.array);
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
        !set_number(env, object, "told", attempt->told))
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
    (void)(omission->family == AF_INET ? osh_ipv4_text(omission->bytes, text)
                                       : osh_ipv6_text(omission->bytes, text));
    napi_value object;
    if (!ok(env, napi_create_object(env, &object)) ||
        !ok(env, napi_set_element(env, omissions, i, object)) ||
        !set_string(env, object, "name", omission->name) ||
        !set_string(env, object, "address", text))
      return false;
  }
  return true;
}

// read(sources: number, details: boolean): an object with `attempts` and `missing` when no source
// answered or details are wanted, with `omissions` when they are, and with the addresses in `text`,
// `numbers`, `keys` and `macs` when a source answered.
static napi_value read_snapshot(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  uint32_t sources;
  bool details;
  napi_value result;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !ok(env, napi_get_value_uint32(env, arguments[0], &sources)) ||
      !ok(env, napi_get_value_bool(env, arguments[1], &details)) ||
      !ok(env, napi_create_object(env, &result)))
    return NULL;

  struct osh_snapshot snapshot;
  int error = osh_snapshot_read(&snapshot, sources);
  bool made = (error != 0 || set_addresses(env, result, &snapshot)) &&
              ((error == 0 && !details) || set_attempts(env, result, &snapshot)) &&
              (!details || set_omissions(env, result, &snapshot));
  osh_snapshot_free(&snapshot);
  return made ? result : NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (!ok(env,
          napi_create_function(env, "read", NAPI_AUTO_LENGTH, read_snapshot, NULL, &function)) ||
      !set(env, exports, "read", function))
    return NULL;
  return exports;
}
