// stopBeforeCalls(socket): stop_before_calls() of stop.h in Node's main thread.

#include "stop.h"

#include <node_api.h>

static napi_value call_stop(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t socket;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_value_int32(env, argument, &socket) != napi_ok || stop_before_calls(socket) != 0)
    (void)napi_throw_error(env, NULL, "the filter cannot be installed");
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "stopBeforeCalls", NAPI_AUTO_LENGTH, call_stop, NULL, &function) ==
      napi_ok)
    (void)napi_set_named_property(env, exports, "stopBeforeCalls", function);
  return exports;
}
