/*
 * enter(path): moves the calling thread, in the tests Node's main thread, to another network
 * namespace, so that one process can read many namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

static int enter(const char *path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  const int error = setns(fd, CLONE_NEWNET) == 0 ? 0 : errno;
  (void)close(fd);
  return error;
}

static napi_value call_enter(napi_env env, napi_callback_info info) {
  char path[512] = {0};
  size_t count = 1;
  napi_value argument;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, argument, path, sizeof(path), NULL) != napi_ok) {
    (void)napi_throw_error(env, NULL, "enter() takes a path");
    return NULL;
  }
  const int error = enter(path);
  if (error != 0) {
    (void)snprintf(path, sizeof(path), "setns: errno %d", error);
    (void)napi_throw_error(env, NULL, path);
  }
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "enter", NAPI_AUTO_LENGTH, call_enter, NULL, &function) == napi_ok)
    (void)napi_set_named_property(env, exports, "enter", function);
  return exports;
}
