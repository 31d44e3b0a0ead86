// See watch.h.

#include "watch.h"

#include "../watch/monitor.h"
#include "../watch/namespace.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

// Belongs to an external value, whose finalizer frees it.
struct watch {
  napi_threadsafe_function report;
  struct osh_monitor monitor;
  bool is_running;
};

// In the monitor's thread. At most one call waits, because the monitor must be armed in between.
static void wake(void *context) {
  const struct watch *watch = context;
  (void)napi_call_threadsafe_function(watch->report, NULL, napi_tsfn_nonblocking);
}

// On the JavaScript thread. `env` is NULL while the environment ends.
static void call_report(napi_env env, napi_value report, void *context, void *data) {
  (void)context, (void)data;
  napi_value undefined;
  if (env != NULL && napi_get_undefined(env, &undefined) == napi_ok)
    (void)napi_call_function(env, undefined, report, 0, NULL, NULL);
}

// The hook of an environment that ends: afterwards, its threadsafe functions must not be called.
static void stop(void *data) {
  struct watch *watch = data;
  watch->is_running = false;
  osh_monitor_stop(&watch->monitor);
  (void)napi_release_threadsafe_function(watch->report, napi_tsfn_abort);
}

static void stop_if_running(napi_env env, struct watch *watch) {
  if (!watch->is_running)
    return;
  (void)napi_remove_env_cleanup_hook(env, stop, watch);
  stop(watch);
}

static void free_watch(napi_env env, void *data, void *hint) {
  (void)hint;
  stop_if_running(env, data);
  free(data);
}

static napi_value create_watch(napi_env env, struct watch **watch) {
  napi_value external;
  *watch = calloc(1, sizeof(**watch));
  if (*watch == NULL)
    (void)napi_throw_error(env, "ENOMEM", "no memory for a monitor");
  else if (osh_ok(env, napi_create_external(env, *watch, free_watch, NULL, &external)))
    return external;
  free(*watch);
  return NULL;
}

// Sets `is_running` unless the monitor cannot be started. Returns false with an exception pending.
static bool start(napi_env env, struct watch *watch, napi_value report) {
  napi_value name;
  if (!osh_ok(env, napi_create_string_utf8(env, "osh-ifaddrs", NAPI_AUTO_LENGTH, &name)) ||
      !osh_ok(env, napi_create_threadsafe_function(env, report, NULL, name, 0, 1, NULL, NULL, NULL,
                                                   call_report, &watch->report)))
    return false;
  bool succeeded = osh_ok(env, napi_unref_threadsafe_function(env, watch->report));
  watch->is_running = succeeded && osh_monitor_start(&watch->monitor, wake, watch) == 0;
  if (!watch->is_running) {
    (void)napi_release_threadsafe_function(watch->report, napi_tsfn_abort);
    return succeeded;
  }
  // The last hook is called first, so it must follow the one of the threadsafe function.
  succeeded = osh_ok(env, napi_add_env_cleanup_hook(env, stop, watch));
  if (!succeeded)
    stop(watch);
  return succeeded;
}

napi_value osh_start_monitor(napi_env env, napi_callback_info info) {
  napi_value report;
  size_t count = 1;
  struct watch *watch;
  if (!osh_ok(env, napi_get_cb_info(env, info, &count, &report, NULL, NULL)))
    return NULL;
  napi_value result = create_watch(env, &watch);
  if (result == NULL || !start(env, watch, report))
    return NULL;
  return watch->is_running || osh_ok(env, napi_get_null(env, &result)) ? result : NULL;
}

// Gets a function's argument.
static struct watch *get_watch(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  void *data;
  bool got = osh_ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL)) &&
             osh_ok(env, napi_get_value_external(env, argument, &data));
  return got ? data : NULL;
}

napi_value osh_arm_monitor(napi_env env, napi_callback_info info) {
  struct watch *watch = get_watch(env, info);
  napi_value result;
  if (watch == NULL)
    return NULL;
  int error = watch->is_running ? osh_monitor_arm(&watch->monitor) : -EBADF;
  return osh_ok(env, napi_create_int64(env, -(int64_t)error, &result)) ? result : NULL;
}

napi_value osh_stop_monitor(napi_env env, napi_callback_info info) {
  struct watch *watch = get_watch(env, info);
  if (watch != NULL)
    stop_if_running(env, watch);
  return NULL;
}

napi_value osh_namespace(napi_env env, napi_callback_info info) {
  (void)info;
  char text[OSH_NAMESPACE_TEXT_MAX];
  napi_value result;
  napi_status status = osh_namespace_text(text)
                           ? napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result)
                           : napi_get_null(env, &result);
  return osh_ok(env, status) ? result : NULL;
}

napi_value osh_is_hung_up(napi_env env, napi_callback_info info) {
  napi_value argument;
  napi_value result;
  size_t count = 1;
  struct pollfd pipe = {.fd = -1};
  if (!osh_ok(env, napi_get_cb_info(env, info, &count, &argument, NULL, NULL)) ||
      !osh_ok(env, napi_get_value_int32(env, argument, &pipe.fd)))
    return NULL;
  // A pipe has POLLERR then, a socket POLLHUP. Neither is asked for: both are always returned.
  bool hung_up = poll(&pipe, 1, 0) == 1 && (pipe.revents & (POLLERR | POLLHUP)) != 0;
  return osh_ok(env, napi_get_boolean(env, hung_up, &result)) ? result : NULL;
}

bool osh_get_requests_socket(napi_env env, napi_value value, const int **socket) {
  napi_valuetype type;
  void *data;
  *socket = NULL;
  if (!osh_ok(env, napi_typeof(env, value, &type)))
    return false;
  if (type != napi_external)
    return true;
  if (!osh_ok(env, napi_get_value_external(env, value, &data)))
    return false;
  *socket = &((struct watch *)data)->monitor.requests;
  return true;
}
