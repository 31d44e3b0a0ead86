// N-API for src/watch/, and for the command that watches. Each function begins with its signature
// in JavaScript.
#pragma once

#include "napi.h"

// startMonitor(report: function): monitor | null
//
// Starts a thread that monitors the calling thread's network namespace, and calls `report` in this
// environment after the first change, and not again before armMonitor(). It does not keep the
// process alive. It ends with the environment. Returns null if it cannot be started.
napi_value osh_start_monitor(napi_env env, napi_callback_info info);

// armMonitor(monitor): number
//
// As osh_monitor_arm(), but the errno is positive.
napi_value osh_arm_monitor(napi_env env, napi_callback_info info);

// stopMonitor(monitor)
//
// Ends the thread, and waits until it has ended. `report` is not called afterwards.
napi_value osh_stop_monitor(napi_env env, napi_callback_info info);

// namespace(): string | null
//
// The kernel's text for the calling thread's network namespace.
napi_value osh_namespace(napi_env env, napi_callback_info info);

// isHungUp(fd: number): boolean
//
// Whether the pipe or socket that `fd` writes to has lost its reader.
napi_value osh_is_hung_up(napi_env env, napi_callback_info info);

// Gets osh_monitor.requests of a monitor, or NULL of another value. Returns false with an exception
// pending.
bool osh_get_requests_socket(napi_env env, napi_value value, const int **socket);
