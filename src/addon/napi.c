// See napi.h.

#include "napi.h"

// The message is fetched first: every other call, napi_is_exception_pending() too, clears it.
bool osh_ok(napi_env env, napi_status status) {
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

bool osh_set(napi_env env, napi_value object, const char *name, napi_value value) {
  // napi_set_named_property() runs setters that other code has added to Object.prototype.
  napi_property_descriptor property = {
      .utf8name = name, .value = value, .attributes = napi_default_jsproperty};
  return osh_ok(env, napi_define_properties(env, object, 1, &property));
}

bool osh_set_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value;
  return osh_ok(env, napi_create_int64(env, number, &value)) && osh_set(env, object, name, value);
}

bool osh_set_string(napi_env env, napi_value object, const char *name, const char *string) {
  napi_value value;
  napi_status status = string == NULL
                           ? napi_get_null(env, &value)
                           : napi_create_string_utf8(env, string, NAPI_AUTO_LENGTH, &value);
  return osh_ok(env, status) && osh_set(env, object, name, value);
}
