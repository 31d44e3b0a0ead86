// The N-API binding: read() and readInterfaces(), which pass a snapshot to lib/ in few values, and
// probe(). What they mean is decided there.

#include "../read.h"
#include "../sources/rtnetlink.h"
#include "interfaces.h"
#include "layout.h"
#include "text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

static bool set(napi_env env, napi_value object, const char *name, napi_value value) {
  // napi_set_named_property() runs setters that other code has added to Object.prototype.
  napi_property_descriptor property = {
      .utf8name = name, .value = value, .attributes = napi_default_jsproperty};
  return ok(env, napi_define_properties(env, object, 1, &property));
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

static napi_value create_numbers(napi_env env, size_t length, uint32_t **numbers) {
  napi_value buffer;
  napi_value array;
  void *data;
  if (!ok(env, napi_create_arraybuffer(env, length * sizeof(**numbers), &data, &buffer)) ||
      !ok(env, napi_create_typedarray(env, napi_uint32_array, length, buffer, 0, &array)))
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
  if (!ok(env, napi_get_undefined(env, &undefined)))
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
      if (!ok(env, create(env, string, length, &arguments[count++])))
        return NULL;
      string += length + 1;
    }
    if (!ok(env, napi_call_function(env, undefined, append, count, arguments, &array)))
      return NULL;
  } while (i < strings->count);
  return array;
}

static bool reserve_numbers(napi_env env, struct reading *reading, size_t length) {
  if (length <= reading->capacity)
    return true;
  uint32_t *numbers;
  napi_value array = create_numbers(env, length, &numbers);
  if (array == NULL || !set(env, reading->object, "numbers", array))
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
  bool updated = array != NULL && set(env, reading->object, "strings", array);
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
  if (!ok(env, napi_get_instance_data(env, &data)) || data != NULL)
    return data;
  struct reading *reading = calloc(1, sizeof(*reading));
  if (reading == NULL)
    throw_no_memory(env);
  else if (ok(env, napi_create_object(env, &reading->object)) &&
           ok(env, napi_create_reference(env, reading->object, 1, &reading->reference)) &&
           ok(env, napi_set_instance_data(env, reading, free_reading, NULL)))
    return reading;
  free(reading);
  return NULL;
}

// Most reads find the strings of the one before, and creating strings takes longer than everything
// else. So each environment has one object, which lib/ only reads, and no user code gets hold of.
static napi_value update_last_reading(napi_env env, napi_value append,
                                      const struct osh_snapshot *snapshot) {
  struct reading *reading = get_last_reading(env);
  bool updated = reading != NULL &&
                 ok(env, napi_get_reference_value(env, reading->reference, &reading->object)) &&
                 update(env, append, reading, snapshot);
  return updated ? reading->object : NULL;
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
    (void)osh_address_text(omission->family, omission->bytes, text);
    napi_value object;
    if (!ok(env, napi_create_object(env, &object)) ||
        !ok(env, napi_set_element(env, omissions, i, object)) ||
        !set_string(env, object, "name", omission->label) ||
        !set_string(env, object, "address", text))
      return false;
  }
  return true;
}

static bool set_addresses(napi_env env, napi_value append, napi_value result,
                          const struct osh_snapshot *snapshot) {
  struct reading reading = {.object = result};
  bool updated = update(env, append, &reading, snapshot);
  free(reading.bytes);
  return updated;
}

static bool set_interfaces(napi_env env, napi_value append, napi_value result,
                           const struct osh_snapshot *snapshot) {
  uint32_t *numbers;
  napi_value array = create_numbers(env, osh_interfaces_length(snapshot), &numbers);
  if (array == NULL)
    return false;
  struct osh_strings strings;
  if (!osh_lay_out_interfaces(snapshot, &strings, numbers)) {
    throw_no_memory(env);
    return false;
  }
  napi_value list = create_strings(env, append, &strings);
  free(strings.bytes);
  return list != NULL && set(env, result, "strings", list) && set(env, result, "numbers", array);
}

// `set_contents` sets `strings` and `numbers`. NULL: no source answered.
static napi_value create_snapshot(napi_env env, napi_value append,
                                  const struct osh_snapshot *snapshot,
                                  bool (*set_contents)(napi_env, napi_value, napi_value,
                                                       const struct osh_snapshot *)) {
  napi_value result;
  bool created = ok(env, napi_create_object(env, &result)) &&
                 (set_contents == NULL ? set_string(env, result, "strings", NULL)
                                       : set_contents(env, append, result, snapshot)) &&
                 set_attempts(env, result, snapshot) && set_omissions(env, result, snapshot);
  return created ? result : NULL;
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
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !ok(env, napi_get_value_uint32(env, arguments[0], &sources)) ||
      !ok(env, napi_get_value_bool(env, arguments[1], &diagnose)))
    return NULL;

  struct osh_snapshot snapshot;
  bool answered = osh_read(&snapshot, (struct osh_request){.sources = sources}) == 0;
  napi_value result = answered && !diagnose ? update_last_reading(env, arguments[2], &snapshot)
                                            : create_snapshot(env, arguments[2], &snapshot,
                                                              answered ? set_addresses : NULL);
  osh_snapshot_free(&snapshot);
  return result;
}

// readInterfaces(sources: number, append: function)
//
// As read() with `diagnose`, of every link with its details, in the layout of interfaces.c.
static napi_value read_interfaces(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  uint32_t sources;
  if (!ok(env, napi_get_cb_info(env, info, &count, arguments, NULL, NULL)) ||
      !ok(env, napi_get_value_uint32(env, arguments[0], &sources)))
    return NULL;
  struct osh_snapshot snapshot;
  const struct osh_request request = {.sources = sources, .all_links = true, .details = true};
  bool answered = osh_read(&snapshot, request) == 0;
  napi_value result =
      create_snapshot(env, arguments[1], &snapshot, answered ? set_interfaces : NULL);
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
                  export_function(env, exports, "readInterfaces", read_interfaces) &&
                  export_function(env, exports, "probe", probe);
  return exported ? exports : NULL;
}
