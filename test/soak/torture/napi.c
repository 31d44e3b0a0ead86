// Makes N-API calls, allocations, sockets and threads of the addon fail: linked with src/addon/,
// src/watch/ and the core, whose calls the linker redirects to this file (--wrap). Exports to
// JavaScript the functions that choose the failing call, and the addon's initialisation.

#include <errno.h>
#include <node_api.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// KIND_SYSTEM: sockets, eventfds and threads.
enum kind { KIND_NAPI, KIND_MEMORY, KIND_SYSTEM, KIND_COUNT };

// Which call fails: number `at`, counted from 1, and if `persistent` every later one.
static struct {
  bool active;
  uint32_t kind;
  uint32_t at;
  uint32_t status; // napi_pending_exception: with an exception
  bool persistent;
  bool no_sockets;    // also while no call fails
  const char *failed; // the first function
  uint32_t calls[KIND_COUNT];
  int64_t blocks; // and references
} plan;

// Of calls in monitors' threads.
static atomic_bool refuses_reports;
static atomic_uint refused_reports;

static bool fails(enum kind kind, const char *function) {
  if (!plan.active)
    return false;
  uint32_t number = ++plan.calls[kind];
  bool failing =
      kind == plan.kind && (plan.persistent ? number >= plan.at && plan.at > 0 : number == plan.at);
  if (failing && plan.failed == NULL)
    plan.failed = function;
  return failing;
}

napi_status __real_napi_throw_error(napi_env env, const char *code, const char *message);

static napi_status failure(napi_env env) {
  if (plan.status == napi_pending_exception)
    (void)__real_napi_throw_error(env, "ERR_PENDING", "thrown by another");
  return (napi_status)plan.status;
}

#define WRAP(function, parameters, ...)                                                            \
  napi_status __real_##function parameters;                                                        \
  napi_status __wrap_##function parameters {                                                       \
    return fails(KIND_NAPI, #function) ? failure(env) : __real_##function(__VA_ARGS__);            \
  }

WRAP(napi_create_array, (napi_env env, napi_value *result), env, result)
WRAP(napi_create_object, (napi_env env, napi_value *result), env, result)
WRAP(napi_get_null, (napi_env env, napi_value *result), env, result)
WRAP(napi_create_int64, (napi_env env, int64_t value, napi_value *result), env, value, result)
WRAP(napi_create_arraybuffer, (napi_env env, size_t length, void **data, napi_value *result), env,
     length, data, result)
WRAP(napi_create_typedarray,
     (napi_env env, napi_typedarray_type type, size_t length, napi_value buffer, size_t offset,
      napi_value *result),
     env, type, length, buffer, offset, result)
WRAP(napi_get_undefined, (napi_env env, napi_value *result), env, result)
WRAP(napi_create_string_latin1,
     (napi_env env, const char *string, size_t length, napi_value *result), env, string, length,
     result)
WRAP(napi_call_function,
     (napi_env env, napi_value receiver, napi_value function, size_t count,
      const napi_value *arguments, napi_value *result),
     env, receiver, function, count, arguments, result)
WRAP(napi_get_reference_value, (napi_env env, napi_ref reference, napi_value *result), env,
     reference, result)
WRAP(napi_get_instance_data, (napi_env env, void **data), env, data)
WRAP(napi_set_instance_data, (napi_env env, void *data, napi_finalize finalize, void *hint), env,
     data, finalize, hint)
WRAP(napi_define_properties,
     (napi_env env, napi_value object, size_t count, const napi_property_descriptor *properties),
     env, object, count, properties)
WRAP(napi_create_string_utf8, (napi_env env, const char *string, size_t length, napi_value *result),
     env, string, length, result)
WRAP(napi_create_function,
     (napi_env env, const char *name, size_t length, napi_callback callback, void *data,
      napi_value *result),
     env, name, length, callback, data, result)
WRAP(napi_get_cb_info,
     (napi_env env, napi_callback_info info, size_t *count, napi_value *arguments, napi_value *this,
      void **data),
     env, info, count, arguments, this, data)
WRAP(napi_get_value_bool, (napi_env env, napi_value value, bool *result), env, value, result)
WRAP(napi_get_boolean, (napi_env env, bool value, napi_value *result), env, value, result)
WRAP(napi_get_value_int32, (napi_env env, napi_value value, int32_t *result), env, value, result)
WRAP(napi_get_value_uint32, (napi_env env, napi_value value, uint32_t *result), env, value, result)
WRAP(napi_set_element, (napi_env env, napi_value array, uint32_t place, napi_value value), env,
     array, place, value)
WRAP(napi_typeof, (napi_env env, napi_value value, napi_valuetype *result), env, value, result)
WRAP(napi_is_arraybuffer, (napi_env env, napi_value value, bool *result), env, value, result)
WRAP(napi_get_arraybuffer_info, (napi_env env, napi_value buffer, void **data, size_t *length), env,
     buffer, data, length)
WRAP(napi_create_external,
     (napi_env env, void *data, napi_finalize finalize, void *hint, napi_value *result), env, data,
     finalize, hint, result)
WRAP(napi_get_value_external, (napi_env env, napi_value value, void **result), env, value, result)
WRAP(napi_create_threadsafe_function,
     (napi_env env, napi_value function, napi_value resource, napi_value name, size_t queue,
      size_t threads, void *data, napi_finalize finalize, void *context,
      napi_threadsafe_function_call_js call, napi_threadsafe_function *result),
     env, function, resource, name, queue, threads, data, finalize, context, call, result)
WRAP(napi_unref_threadsafe_function, (napi_env env, napi_threadsafe_function function), env,
     function)
WRAP(napi_add_env_cleanup_hook, (napi_env env, void (*hook)(void *), void *data), env, hook, data)
WRAP(napi_throw_error, (napi_env env, const char *code, const char *message), env, code, message)
WRAP(napi_is_exception_pending, (napi_env env, bool *result), env, result)
WRAP(napi_get_last_error_info, (napi_env env, const napi_extended_error_info **result), env, result)

napi_status __real_napi_create_reference(napi_env env, napi_value value, uint32_t count,
                                         napi_ref *result);
napi_status __wrap_napi_create_reference(napi_env env, napi_value value, uint32_t count,
                                         napi_ref *result) {
  if (fails(KIND_NAPI, "napi_create_reference"))
    return failure(env);
  napi_status status = __real_napi_create_reference(env, value, count, result);
  plan.blocks += status == napi_ok;
  return status;
}

// What could not be undone would stay, so these three only report a failure.
napi_status __real_napi_delete_reference(napi_env env, napi_ref reference);
napi_status __wrap_napi_delete_reference(napi_env env, napi_ref reference) {
  napi_status status = __real_napi_delete_reference(env, reference);
  plan.blocks -= status == napi_ok;
  return fails(KIND_NAPI, "napi_delete_reference") ? failure(env) : status;
}

napi_status __real_napi_remove_env_cleanup_hook(napi_env env, void (*hook)(void *), void *data);
napi_status __wrap_napi_remove_env_cleanup_hook(napi_env env, void (*hook)(void *), void *data) {
  napi_status status = __real_napi_remove_env_cleanup_hook(env, hook, data);
  return fails(KIND_NAPI, "napi_remove_env_cleanup_hook") ? failure(env) : status;
}

napi_status __real_napi_release_threadsafe_function(napi_threadsafe_function function,
                                                    napi_threadsafe_function_release_mode mode);
napi_status __wrap_napi_release_threadsafe_function(napi_threadsafe_function function,
                                                    napi_threadsafe_function_release_mode mode) {
  napi_status status = __real_napi_release_threadsafe_function(function, mode);
  return fails(KIND_NAPI, "napi_release_threadsafe_function") ? napi_generic_failure : status;
}

// In a monitor's thread.
napi_status __real_napi_call_threadsafe_function(napi_threadsafe_function function, void *data,
                                                 napi_threadsafe_function_call_mode mode);
napi_status __wrap_napi_call_threadsafe_function(napi_threadsafe_function function, void *data,
                                                 napi_threadsafe_function_call_mode mode) {
  if (!atomic_load(&refuses_reports))
    return __real_napi_call_threadsafe_function(function, data, mode);
  atomic_fetch_add(&refused_reports, 1);
  return napi_closing;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

static void *counted(void *block) {
  plan.blocks += block != NULL;
  return block;
}

void *__wrap_malloc(size_t size) {
  return fails(KIND_MEMORY, __func__) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails(KIND_MEMORY, __func__) ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size) {
  if (fails(KIND_MEMORY, __func__))
    return NULL;
  void *grown = __real_realloc(block, size);
  return block == NULL ? counted(grown) : grown;
}

void __wrap_free(void *block) {
  plan.blocks -= block != NULL;
  __real_free(block);
}

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol) {
  bool lacking = fails(KIND_SYSTEM, __func__);
  errno = lacking ? EMFILE : EPERM;
  return lacking || plan.no_sockets ? -1 : __real_socket(family, type, protocol);
}

int __real_eventfd(unsigned value, int flags);
int __wrap_eventfd(unsigned value, int flags) {
  errno = EMFILE;
  return fails(KIND_SYSTEM, __func__) ? -1 : __real_eventfd(value, flags);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *data);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*function)(void *), void *data) {
  return fails(KIND_SYSTEM, __func__) ? EAGAIN
                                      : __real_pthread_create(thread, attributes, function, data);
}

// For calls that cannot fail, since no plan is active.
static void must(napi_status status) {
  if (status != napi_ok)
    abort();
}

// start(kind, at, status, persistent)
static napi_value start(napi_env env, napi_callback_info info) {
  uint32_t *const numbers[] = {&plan.kind, &plan.at, &plan.status};
  napi_value arguments[4];
  size_t count = 4;
  must(napi_get_cb_info(env, info, &count, arguments, NULL, NULL));
  for (size_t i = 0; i < 3; i++)
    must(napi_get_value_uint32(env, arguments[i], numbers[i]));
  must(napi_get_value_bool(env, arguments[3], &plan.persistent));
  memset(plan.calls, 0, sizeof(plan.calls));
  plan.failed = NULL;
  plan.active = true;
  return NULL;
}

// stop(): the number of N-API calls, of allocations, of calls to the system, and of blocks and
// references that are left.
static napi_value stop(napi_env env, napi_callback_info info) {
  (void)info;
  plan.active = false;
  const int64_t numbers[] = {plan.calls[KIND_NAPI], plan.calls[KIND_MEMORY],
                             plan.calls[KIND_SYSTEM], plan.blocks};
  napi_value result;
  must(napi_create_array(env, &result));
  for (uint32_t i = 0; i < KIND_COUNT + 1; i++) {
    napi_value number;
    must(napi_create_int64(env, numbers[i], &number));
    must(napi_set_element(env, result, i, number));
  }
  return result;
}

// failed(): the function that failed first; null if none did.
static napi_value get_failed(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value name;
  plan.active = false;
  must(plan.failed == NULL ? napi_get_null(env, &name)
                           : napi_create_string_utf8(env, plan.failed, NAPI_AUTO_LENGTH, &name));
  return name;
}

// pause(paused): ends or continues the plan. Returns whether it was active.
static napi_value pause_plan(napi_env env, napi_callback_info info) {
  napi_value argument;
  napi_value was;
  size_t count = 1;
  bool paused;
  const bool active = plan.active;
  plan.active = false;
  must(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  must(napi_get_value_bool(env, argument, &paused));
  must(napi_get_boolean(env, active, &was));
  plan.active = !paused;
  return was;
}

// refuseReports(refused): of monitors' threads. Returns how many have been refused.
static napi_value refuse_reports(napi_env env, napi_callback_info info) {
  napi_value argument;
  napi_value number;
  size_t count = 1;
  bool refused;
  must(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  must(napi_get_value_bool(env, argument, &refused));
  atomic_store(&refuses_reports, refused);
  must(napi_create_int64(env, atomic_load(&refused_reports), &number));
  return number;
}

// refuseSockets(refused)
static napi_value refuse_sockets(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  bool was = plan.active;
  plan.active = false;
  must(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  must(napi_get_value_bool(env, argument, &plan.no_sockets));
  plan.active = was;
  return NULL;
}

// The name of src/addon/addon.c's initialisation in this program.
napi_value addon_init(napi_env env, napi_value exports);

static napi_value init(napi_env env, napi_callback_info info) {
  napi_value exports;
  size_t count = 1;
  bool was = plan.active;
  plan.active = false;
  must(napi_get_cb_info(env, info, &count, &exports, NULL, NULL));
  plan.active = was;
  return addon_init(env, exports);
}

NAPI_MODULE_INIT() {
  const napi_callback callbacks[] = {start,          stop,           get_failed, pause_plan,
                                     refuse_reports, refuse_sockets, init};
  const char *const names[] = {"start",         "stop",          "failed", "pause",
                               "refuseReports", "refuseSockets", "init"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    napi_value function;
    must(napi_create_function(env, names[i], NAPI_AUTO_LENGTH, callbacks[i], NULL, &function));
    must(napi_set_named_property(env, exports, names[i], function));
  }
  return exports;
}
