// Node's node_api.h, and what every caller of it needs.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Weak: other programs preload this file, and lack these functions.
#define NAPI_EXTERN __attribute__((weak))
#include <node_api.h>

// Every N-API call goes through here. Returns true if it succeeded, else an exception is pending.
bool osh_ok(napi_env env, napi_status status);

// Each sets a property, and returns false with an exception pending if that fails. NULL becomes
// null.
bool osh_set(napi_env env, napi_value object, const char *name, napi_value value);
bool osh_set_number(napi_env env, napi_value object, const char *name, int64_t number);
bool osh_set_string(napi_env env, napi_value object, const char *name, const char *string);
