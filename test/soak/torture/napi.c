// Makes N-API calls and allocations of the addon fail: linked with src/addon/addon.c and the core,
// whose calls the linker redirects to this file (--wrap). Exports to JavaScript the functions that
// choose the failing call, and the addon's initialisation.

#include <errno.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdlib.h>

enum kind { KIND_NAPI, KIND_MEMORY };

// Which call fails: number `at`, counted from 1, and if `persistent` every later one.
static struct {
  bool active;
  uint32_t kind;
  uint32_t at;
  uint32_t status; // napi_pending_exception: with an exception
  bool persistent;
  bool no_sockets; // also while no call fails
  uint32_t calls[2];
  int64_t blocks;
} plan;

static bool fails(enum kind kind) {
  if (!plan.active)
    return false;
  uint32_t number = ++plan.calls[kind];
  return kind == plan.kind &&
         (plan.persistent ? number >= plan.at && plan.at > 0 : number == plan.at);
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
    return fails(KIND_NAPI) ? failure(env) : __real_##function(__VA_ARGS__);                       \
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
WRAP(napi_create_reference, (napi_env env, napi_value value, uint32_t count, napi_ref *result), env,
     value, count, result)
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
WRAP(napi_get_value_uint32, (napi_env env, napi_value value, uint32_t *result), env, value, result)
WRAP(napi_set_element, (napi_env env, napi_value array, uint32_t place, napi_value value), env,
     array, place, value)
WRAP(napi_throw_error, (napi_env env, const char *code, const char *message), env, code, message)
WRAP(napi_is_exception_pending, (napi_env env, bool *result), env, result)
WRAP(napi_get_last_error_info, (napi_env env, const napi_extended_error_info **result), env, result)

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);

static void *counted(void *block) {
  plan.blocks += block != NULL;
  return block;
}

void *__wrap_malloc(size_t size) {
  return fails(KIND_MEMORY) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails(KIND_MEMORY) ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size) {
  if (fails(KIND_MEMORY))
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
  errno = EPERM;
  return plan.no_sockets ? -1 : __real_socket(family, type, protocol);
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
  plan.calls[KIND_NAPI] = plan.calls[KIND_MEMORY] = 0;
  plan.active = true;
  return NULL;
}

// stop(): the number of N-API calls, of allocations, and of blocks that are allocated.
static napi_value stop(napi_env env, napi_callback_info info) {
  (void)info;
  plan.active = false;
  const int64_t numbers[] = {plan.calls[KIND_NAPI], plan.calls[KIND_MEMORY], plan.blocks};
  napi_value result;
  must(napi_create_array(env, &result));
  for (uint32_t i = 0; i < 3; i++) {
    napi_value number;
    must(napi_create_int64(env, numbers[i], &number));
    must(napi_set_element(env, result, i, number));
  }
  return result;
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
  const napi_callback callbacks[] = {start, stop, refuse_sockets, init};
  const char *const names[] = {"start", "stop", "refuseSockets", "init"};
  for (size_t i = 0; i < 4; i++) {
    napi_value function;
    must(napi_create_function(env, names[i], NAPI_AUTO_LENGTH, callbacks[i], NULL, &function));
    must(napi_set_named_property(env, exports, names[i], function));
  }
  return exports;
}
