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

// The first number says how many addresses there are. Each has these after it, beside its text.
#define NUMBER_FIRST 1
enum number {
  NUMBER_KEY,     // place of its key among the texts
  NUMBER_MAC,     // place of its hardware address among the texts
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

// The hardware address is that of the link that the label names, if there is one.
static bool mac_known(const struct osh_snapshot *snapshot, const struct osh_address *address) {
  return address->mac_link == OSH_NO_LINK
             ? !(snapshot->missing & OSH_FACT_LINKS)
             : (snapshot->links[address->mac_link].marks & OSH_LINK_HWADDR) != 0;
}

static uint32_t bits_of(const struct osh_snapshot *snapshot, const struct osh_address *address,
                        const struct osh_link *link) {
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
  if (!mac_known(snapshot, address))
    bits |= BIT_MAC_UNKNOWN;
  return bits;
}

// All strings in one, each with a NUL after it, which none of them can hold: one N-API call, where
// one for each would take as long as all the rest. First the addresses in their order, then keys
// and hardware addresses as they come up, each once for a link.
struct texts {
  char *bytes;
  size_t length;
  uint32_t count;
  uint32_t *key_places;   // by link, for keys that are its name; 0 where there is none yet
  uint32_t *mac_places;   // by link, and at the end for zeros
  const char *last_label; // the last key that was not the name of its link
  uint32_t last_label_place;
};

#define TEXT_ROOM (OSH_IPV6_TEXT_MAX + 1 + IFNAMSIZ + OSH_MAC_TEXT_LENGTH + 1)

static bool allocate_texts(struct texts *texts, const struct osh_snapshot *snapshot) {
  size_t places = snapshot->link_count + 1;
  memset(texts, 0, sizeof(*texts));
  texts->bytes = malloc(snapshot->address_count * TEXT_ROOM + 1);
  texts->key_places = calloc(2 * places, sizeof(*texts->key_places));
  if (texts->bytes == NULL || texts->key_places == NULL)
    return false;
  texts->mac_places = texts->key_places + places;
  return true;
}

static uint32_t end_text(struct texts *texts, size_t length) {
  texts->length += length;
  texts->bytes[texts->length++] = '\0';
  return texts->count++;
}

static void add_address(struct texts *texts, const struct osh_address *address) {
  char *text = texts->bytes + texts->length;
  end_text(texts, address->family == AF_INET ? osh_ipv4_text(address->bytes, text)
                                             : osh_ipv6_text(address->bytes, text));
}

static uint32_t add_name(struct texts *texts, const char *name) {
  size_t length = strlen(name);
  memcpy(texts->bytes + texts->length, name, length);
  return end_text(texts, length);
}

static uint32_t key_place(struct texts *texts, const struct osh_address *address,
                          const struct osh_link *link) {
  if (address->name[0] == '\0' || strcmp(address->name, link->name) == 0) {
    uint32_t *place = &texts->key_places[address->link];
    if (*place == 0)
      *place = add_name(texts, link->name);
    return *place;
  }
  if (texts->last_label == NULL || strcmp(texts->last_label, address->name) != 0) {
    texts->last_label = address->name;
    texts->last_label_place = add_name(texts, address->name);
  }
  return texts->last_label_place;
}

static uint32_t mac_place(struct texts *texts, const struct osh_address *address,
                          const struct osh_snapshot *snapshot) {
  static const uint8_t zeros[6] = {0};
  bool known = address->mac_link != OSH_NO_LINK && running(&snapshot->links[address->mac_link]);
  uint32_t *place = &texts->mac_places[known ? address->mac_link : snapshot->link_count];
  if (*place == 0) {
    const uint8_t *bytes = known ? snapshot->links[address->mac_link].hwaddr : zeros;
    *place = end_text(texts, osh_mac_text(bytes, texts->bytes + texts->length));
  }
  return *place;
}

static void fill(struct texts *texts, uint32_t *numbers, const struct osh_snapshot *snapshot) {
  for (size_t i = 0; i < snapshot->address_count; i++)
    add_address(texts, &snapshot->addresses[i]);
  numbers[0] = (uint32_t)snapshot->address_count;
  numbers += NUMBER_FIRST;
  for (size_t i = 0; i < snapshot->address_count; i++, numbers += NUMBER_COUNT) {
    const struct osh_address *address = &snapshot->addresses[i];
    const struct osh_link *link = &snapshot->links[address->link];
    numbers[NUMBER_KEY] = key_place(texts, address, link);
    numbers[NUMBER_MAC] = mac_place(texts, address, snapshot);
    numbers[NUMBER_PREFIX] = address->prefix_len;
    numbers[NUMBER_BITS] = bits_of(snapshot, address, link);
    numbers[NUMBER_IFINDEX] = address->ifindex;
  }
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

// The array to be filled: the caller's own, or a new one if that is too small.
struct numbers {
  napi_value array;
  uint32_t *data;
  size_t length; // of the caller's
};

static bool take_room(napi_env env, napi_value room, struct numbers *numbers) {
  napi_typedarray_type type;
  void *data;
  numbers->array = room;
  if (!ok(env, napi_get_typedarray_info(env, room, &type, &numbers->length, &data, NULL, NULL)))
    return false;
  numbers->data = data;
  return true;
}

static bool make_room(napi_env env, size_t length, struct numbers *numbers) {
  napi_value buffer;
  void *data;
  if (!ok(env, napi_create_arraybuffer(env, length * sizeof(*numbers->data), &data, &buffer)) ||
      !ok(env, napi_create_typedarray(env, napi_uint32_array, length, buffer, 0, &numbers->array)))
    return false;
  numbers->data = data;
  return true;
}

// `fits`: the numbers are in the caller's array.
static bool make_addresses(napi_env env, const struct osh_snapshot *snapshot,
                           struct numbers *numbers, napi_value *text, bool *fits) {
  size_t length = NUMBER_FIRST + snapshot->address_count * NUMBER_COUNT;
  *fits = length <= numbers->length;
  if (!*fits && !make_room(env, length, numbers))
    return false;
  struct texts texts;
  bool made = allocate_texts(&texts, snapshot);
  if (made) {
    fill(&texts, numbers->data, snapshot);
    made = ok(env, napi_create_string_utf8(env, texts.bytes, texts.length, text));
  } else {
    (void)napi_throw_error(env, "ENOMEM", "no memory for the addresses");
  }
  free(texts.bytes);
  free(texts.key_places);
  return made;
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

// What read() returns where the text alone does not say it all.
static napi_value make_reading(napi_env env, const struct osh_snapshot *snapshot, bool details,
                               napi_value text, napi_value numbers) {
  napi_value reading;
  if (!ok(env, napi_create_object(env, &reading)))
    return NULL;
  bool answered = text != NULL;
  bool made =
      (!answered || (set(env, reading, "text", text) && set(env, reading, "numbers", numbers))) &&
      ((answered && !details) || set_attempts(env, reading, snapshot)) &&
      (!details || set_omissions(env, reading, snapshot));
  return made ? reading : NULL;
}

static napi_value hand_over(napi_env env, const struct osh_snapshot *snapshot, bool answered,
                            bool details, napi_value room) {
  struct numbers numbers;
  napi_value text = NULL;
  bool fits = false;
  if (answered &&
      (!take_room(env, room, &numbers) || !make_addresses(env, snapshot, &numbers, &text, &fits)))
    return NULL;
  if (fits && !details)
    return text;
  return make_reading(env, snapshot, details, text, answered ? numbers.array : NULL);
}

// read(sources: number, details: boolean, room: Uint32Array): all texts in one string when a source
// answered, with the numbers in `room`. An object when details are wanted, `room` is too small or
// no source answered: with `text` and `numbers` when one did, with `attempts` and `missing` when
// none did or details are wanted, and with `omissions` when they are.
static napi_value read_snapshot(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  uint32_t sources;
  bool details;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !ok(env, napi_get_value_uint32(env, arguments[0], &sources)) ||
      !ok(env, napi_get_value_bool(env, arguments[1], &details)))
    return NULL;

  struct osh_snapshot snapshot;
  int error = osh_snapshot_read(&snapshot, sources);
  napi_value result = hand_over(env, &snapshot, error == 0, details, arguments[2]);
  osh_snapshot_free(&snapshot);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (!ok(env,
          napi_create_function(env, "read", NAPI_AUTO_LENGTH, read_snapshot, NULL, &function)) ||
      !set(env, exports, "read", function))
    return NULL;
  return exports;
}
