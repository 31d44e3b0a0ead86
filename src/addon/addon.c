// The N-API binding: read() and readInterfaces(), which pass a snapshot to lib/ in few values, and
// probe(). The other functions are in watch.c. lib/ decides what the values mean.

#include "../read.h"
#include "../sources/rtnetlink.h"
#include "interfaces.h"
#include "layout.h"
#include "napi.h"
#include "text.h"
#include "watch.h"

#include <stdlib.h>
#include <string.h>

// What read() returned: { strings, numbers }.
struct reading {
  napi_ref reference; // if it outlives the call
  napi_value object;  // during a call
  char *bytes;        // of its strings
  size_t length;      // of these
  uint32_t *numbers;  // the data of its numbers
  size_t capacity;    // of these
};

static void throw_no_memory(napi_env env) {
  (void)napi_throw_error(env, "ENOMEM", "no memory for the addresses");
}

// Creates a typed array whose buffer has room for `more` bytes after the numbers.
static napi_value create_numbers(napi_env env, size_t length, size_t more, uint32_t **numbers) {
  napi_value buffer;
  napi_value array;
  void *data;
  const size_t size = length * sizeof(**numbers) + more;
  if (!osh_ok(env, napi_create_arraybuffer(env, size, &data, &buffer)) ||
      !osh_ok(env, napi_create_typedarray(env, napi_uint32_array, length, buffer, 0, &array)))
    return NULL;
  *numbers = data;
  return array;
}

// What one call passes: JavaScript's stack holds the arguments.
#define STRINGS_PER_CALL 1024

// By calls of lib/results/layout.js's append(): napi_set_element() for each string takes three
// times as long.
static napi_value create_strings(napi_env env, napi_value append,
                                 const struct osh_strings *strings) {
  napi_value undefined;
  if (!osh_ok(env, napi_get_undefined(env, &undefined)))
    return NULL;
  napi_value array = undefined;
  const char *string = strings->bytes;
  napi_status (*create)(napi_env, const char *, size_t, napi_value *) =
      strings->ascii ? napi_create_string_latin1 : napi_create_string_utf8;
  uint32_t i = 0;
  do {
    napi_value arguments[1 + STRINGS_PER_CALL];
    size_t count = 0;
    arguments[count++] = array;
    for (; count <= STRINGS_PER_CALL && i < strings->count; i++) {
      size_t length = strlen(string);
      if (!osh_ok(env, create(env, string, length, &arguments[count++])))
        return NULL;
      string += length + 1;
    }
    if (!osh_ok(env, napi_call_function(env, undefined, append, count, arguments, &array)))
      return NULL;
  } while (i < strings->count);
  return array;
}

static bool reserve_numbers(napi_env env, struct reading *reading, size_t length) {
  if (length <= reading->capacity)
    return true;
  uint32_t *numbers;
  napi_value array = create_numbers(env, length, 0, &numbers);
  if (array == NULL || !osh_set(env, reading->object, "numbers", array))
    return false;
  reading->numbers = numbers;
  reading->capacity = length;
  return true;
}

// Takes `strings->bytes`.
static bool update_strings(napi_env env, napi_value append, struct reading *reading,
                           struct osh_strings *strings) {
  bool known = reading->bytes != NULL && reading->length == strings->length &&
               memcmp(reading->bytes, strings->bytes, strings->length) == 0;
  napi_value array = known ? NULL : create_strings(env, append, strings);
  bool updated = array != NULL && osh_set(env, reading->object, "strings", array);
  free(updated ? reading->bytes : strings->bytes);
  if (updated) {
    reading->bytes = strings->bytes;
    reading->length = strings->length;
  }
  return known || updated;
}

// Makes `reading->object` hold the snapshot's addresses.
static bool update(napi_env env, napi_value append, struct reading *reading,
                   const struct osh_snapshot *snapshot) {
  if (!reserve_numbers(env, reading, osh_numbers_length(snapshot)))
    return false;
  struct osh_strings strings;
  if (osh_lay_out(snapshot, &strings, reading->numbers))
    return update_strings(env, append, reading, &strings);
  throw_no_memory(env);
  return false;
}

// The environment deletes the reference.
static void free_reading(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  struct reading *reading = data;
  free(reading->bytes);
  free(reading);
}

// Creates the environment's reading on first use. Returns NULL with an exception pending.
static struct reading *get_last_reading(napi_env env) {
  void *data = NULL;
  if (!osh_ok(env, napi_get_instance_data(env, &data)) || data != NULL)
    return data;
  struct reading *reading = calloc(1, sizeof(*reading));
  if (reading == NULL)
    throw_no_memory(env);
  else if (osh_ok(env, napi_create_object(env, &reading->object)) &&
           osh_ok(env, napi_create_reference(env, reading->object, 1, &reading->reference)) &&
           osh_ok(env, napi_set_instance_data(env, reading, free_reading, NULL)))
    return reading;
  if (reading != NULL && reading->reference != NULL)
    napi_delete_reference(env, reading->reference);
  free(reading);
  return NULL;
}

// Most reads find the strings of the one before, and creating strings takes longer than everything
// else. So each environment has one object, which lib/ only reads, and no user code gets hold of.
static napi_value update_last_reading(napi_env env, napi_value append,
                                      const struct osh_snapshot *snapshot) {
  struct reading *reading = get_last_reading(env);
  bool updated = reading != NULL &&
                 osh_ok(env, napi_get_reference_value(env, reading->reference, &reading->object)) &&
                 update(env, append, reading, snapshot);
  return updated ? reading->object : NULL;
}

static bool set_attempts(napi_env env, napi_value result, const struct osh_snapshot *snapshot) {
  napi_value attempts;
  if (!osh_ok(env, napi_create_array(env, &attempts)) ||
      !osh_set(env, result, "attempts", attempts) ||
      !osh_set_number(env, result, "missing", snapshot->missing))
    return false;
  for (uint32_t i = 0; i < OSH_SOURCE_COUNT; i++) {
    const struct osh_attempt *attempt = &snapshot->attempts[i];
    napi_value object;
    if (!osh_ok(env, napi_create_object(env, &object)) ||
        !osh_ok(env, napi_set_element(env, attempts, i, object)) ||
        !osh_set_string(env, object, "name", osh_source_name(i)) ||
        !osh_set_string(env, object, "status", osh_status_name(attempt->status)) ||
        !osh_set_string(env, object, "syscall", attempt->call) ||
        !osh_set_number(env, object, "errno", -(int64_t)attempt->error) ||
        !osh_set_number(env, object, "provided", attempt->provided))
      return false;
  }
  return true;
}

static bool set_omissions(napi_env env, napi_value result, const struct osh_snapshot *snapshot) {
  napi_value omissions;
  if (!osh_ok(env, napi_create_array(env, &omissions)) ||
      !osh_set(env, result, "omissions", omissions))
    return false;
  for (uint32_t i = 0; i < snapshot->omission_count; i++) {
    const struct osh_omission *omission = &snapshot->omissions[i];
    char text[OSH_IPV6_TEXT_MAX + 1] = {0};
    (void)osh_address_text(omission->family, omission->bytes, text);
    napi_value object;
    if (!osh_ok(env, napi_create_object(env, &object)) ||
        !osh_ok(env, napi_set_element(env, omissions, i, object)) ||
        !osh_set_string(env, object, "name", omission->label) ||
        !osh_set_string(env, object, "address", text))
      return false;
  }
  return true;
}

// Creates { attempts, missing, omissions }.
static napi_value create_result(napi_env env, const struct osh_snapshot *snapshot) {
  napi_value result;
  bool created = osh_ok(env, napi_create_object(env, &result)) &&
                 set_attempts(env, result, snapshot) && set_omissions(env, result, snapshot);
  return created ? result : NULL;
}

static napi_value create_failure(napi_env env, const struct osh_snapshot *snapshot) {
  napi_value result = create_result(env, snapshot);
  return result != NULL && osh_set_string(env, result, "strings", NULL) ? result : NULL;
}

static napi_value create_diagnosis(napi_env env, napi_value append,
                                   const struct osh_snapshot *snapshot) {
  struct reading reading = {.object = create_result(env, snapshot)};
  bool updated = reading.object != NULL && update(env, append, &reading, snapshot);
  free(reading.bytes);
  return updated ? reading.object : NULL;
}

// read(sources: number, diagnose: boolean, append: function)
//
// Returns { strings, numbers } if a source answered: the same object each time, with what it
// found now. Otherwise, or with `diagnose`, returns a new object, which also has `attempts`,
// `missing` and `omissions`; its `strings` is null if no source answered.
static napi_value read_snapshot(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t count = 3;
  uint32_t sources;
  bool diagnose;
  if (!osh_ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !osh_ok(env, napi_get_value_uint32(env, arguments[0], &sources)) ||
      !osh_ok(env, napi_get_value_bool(env, arguments[1], &diagnose)))
    return NULL;

  struct osh_snapshot snapshot;
  napi_value result;
  if (osh_read(&snapshot, (struct osh_request){.sources = sources}) != 0)
    result = create_failure(env, &snapshot);
  else if (diagnose)
    result = create_diagnosis(env, arguments[2], &snapshot);
  else
    result = update_last_reading(env, arguments[2], &snapshot);
  osh_snapshot_free(&snapshot);
  return result;
}

// Every link of a snapshot, laid out.
struct layout {
  uint32_t *numbers;
  size_t length; // of these
  struct osh_strings strings;
};

// Whether an ArrayBuffer has what set_layout() writes. Anything else has not.
static bool is_equal(napi_env env, napi_value buffer, const struct layout *layout) {
  const size_t size = layout->length * sizeof(*layout->numbers);
  bool is_buffer;
  void *data;
  size_t length;
  return napi_is_arraybuffer(env, buffer, &is_buffer) == napi_ok && is_buffer &&
         napi_get_arraybuffer_info(env, buffer, &data, &length) == napi_ok &&
         length == size + layout->strings.length && memcmp(data, layout->numbers, size) == 0 &&
         memcmp((char *)data + size, layout->strings.bytes, layout->strings.length) == 0;
}

static bool set_layout(napi_env env, napi_value append, napi_value result,
                       const struct layout *layout) {
  uint32_t *numbers;
  napi_value array = create_numbers(env, layout->length, layout->strings.length, &numbers);
  if (array == NULL)
    return false;
  memcpy(numbers, layout->numbers, layout->length * sizeof(*numbers));
  memcpy(numbers + layout->length, layout->strings.bytes, layout->strings.length);
  napi_value strings = create_strings(env, append, &layout->strings);
  return strings != NULL && osh_set(env, result, "strings", strings) &&
         osh_set(env, result, "numbers", array);
}

static napi_value create_interfaces(napi_env env, napi_value append,
                                    const struct osh_snapshot *snapshot,
                                    const struct layout *layout) {
  napi_value result = create_result(env, snapshot);
  return result != NULL && set_layout(env, append, result, layout) ? result : NULL;
}

// Returns null if `known` has the same contents.
static napi_value create_interfaces_unless(napi_env env, napi_value known, napi_value append,
                                           const struct osh_snapshot *snapshot) {
  struct layout layout = {.length = osh_interfaces_length(snapshot)};
  layout.numbers = malloc(layout.length * sizeof(*layout.numbers));
  napi_value result = NULL;
  if (layout.numbers == NULL || !osh_lay_out_interfaces(snapshot, &layout.strings, layout.numbers))
    throw_no_memory(env);
  else if (is_equal(env, known, &layout))
    (void)osh_ok(env, napi_get_null(env, &result));
  else
    result = create_interfaces(env, append, snapshot, &layout);
  free(layout.strings.bytes);
  free(layout.numbers);
  return result;
}

// readInterfaces(sources: number, append: function, known?: ArrayBuffer, monitor?)
//
// As read() with `diagnose`, of every link with its details, in the layout of interfaces.c. The
// buffer of `numbers` has the strings, too. Returns null if `known`, that of an earlier result, has
// the same contents. With a monitor, reads its network namespace.
static napi_value read_interfaces(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  struct osh_request request = {.all_links = true, .details = true};
  if (!osh_ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !osh_ok(env, napi_get_value_uint32(env, arguments[0], &request.sources)) ||
      !osh_get_requests_socket(env, arguments[3], &request.netlink))
    return NULL;
  struct osh_snapshot snapshot;
  napi_value result = osh_read(&snapshot, request) == 0
                          ? create_interfaces_unless(env, arguments[2], arguments[1], &snapshot)
                          : create_failure(env, &snapshot);
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
    return osh_ok(env, napi_get_null(env, &result)) ? result : NULL;
  bool created = osh_ok(env, napi_create_object(env, &result)) &&
                 osh_set_string(env, result, "syscall", attempt.call) &&
                 osh_set_number(env, result, "errno", -(int64_t)attempt.error);
  return created ? result : NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {.utf8name = "read", .method = read_snapshot},
      {.utf8name = "readInterfaces", .method = read_interfaces},
      {.utf8name = "probe", .method = probe},
      {.utf8name = "startMonitor", .method = osh_start_monitor},
      {.utf8name = "armMonitor", .method = osh_arm_monitor},
      {.utf8name = "stopMonitor", .method = osh_stop_monitor},
      {.utf8name = "namespace", .method = osh_namespace},
      {.utf8name = "isHungUp", .method = osh_is_hung_up},
  };
  const size_t count = sizeof(functions) / sizeof(functions[0]);
  return osh_ok(env, napi_define_properties(env, exports, count, functions)) ? exports : NULL;
}
