// getifaddrs(3) and if_nameindex(3) for every program that preloads the addon's file: libc's
// function first, and if it fails the same list from what the sandbox leaves open.
//
// There is no state: dlsym() is called each time. A lock around a state could be left locked in a
// child by fork(2).

#include "block.h"
#include "lists.h"

#include <dlfcn.h>
#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

// Before glibc 2.34 it is in libdl, which many programs do not load and musl does not have. There
// ours answers first, and no list is libc's.
#pragma weak dlsym

typedef int list_fn(struct ifaddrs **list);
typedef void free_list_fn(struct ifaddrs *list);
typedef struct if_nameindex *names_fn(void);
typedef void free_names_fn(struct if_nameindex *names);

// Returns the next definition after ours: libc's, or another preloaded library's; NULL without one.
static void *next_definition(const char *name) {
  const int error = errno;
  void *symbol = dlsym == NULL ? NULL : dlsym(RTLD_NEXT, name);
  errno = error;
  return symbol;
}

EXPORT int getifaddrs(struct ifaddrs **list) {
  const int before = errno;
  list_fn *native = (list_fn *)next_definition("getifaddrs");
  if (native != NULL && native(list) == 0)
    return 0;

  const int refusal = errno;
  const int error = osh_ifaddrs(list);
  errno = error == 0 ? before : native == NULL ? -error : refusal;
  return error == 0 ? 0 : -1;
}

EXPORT void freeifaddrs(struct ifaddrs *list) {
  if (list == NULL)
    return;
  if (osh_block_is_ours(list)) {
    osh_block_free(list);
    return;
  }
  free_list_fn *native = (free_list_fn *)next_definition("freeifaddrs");
  if (native != NULL)
    native(list);
}

EXPORT struct if_nameindex *if_nameindex(void) {
  const int before = errno;
  names_fn *native = (names_fn *)next_definition("if_nameindex");
  struct if_nameindex *names = native == NULL ? NULL : native();
  if (names != NULL)
    return names;

  const int refusal = errno;
  const int error = osh_nameindex(&names);
  errno = error == 0 ? before : native == NULL ? -error : refusal;
  return error == 0 ? names : NULL;
}

EXPORT void if_freenameindex(struct if_nameindex *names) {
  if (names == NULL)
    return;
  if (osh_block_is_ours(names)) {
    osh_block_free(names);
    return;
  }
  free_names_fn *native = (free_names_fn *)next_definition("if_freenameindex");
  if (native != NULL)
    native(names);
}
