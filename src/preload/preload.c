// getifaddrs(3) and if_nameindex(3) for every program that preloads the addon's file: libc's
// function first, and if it fails the same list from what the sandbox allows. With
// OSH_IFADDRS_SOURCES, only from the sources in it.
//
// There is no state: dlsym() is called each time. A lock around a state could be left locked in a
// child by fork(2).

#include "../core/snapshot.h"
#include "block.h"
#include "lists.h"
#include "requested_sources.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

// Before glibc 2.34 both are in libdl, which many programs do not load and musl does not have.
// There ours answers first, and no list is libc's.
#pragma weak dlsym
#pragma weak dlopen

typedef int list_fn(struct ifaddrs **list);
typedef void free_list_fn(struct ifaddrs *list);
typedef struct if_nameindex *names_fn(void);
typedef void free_names_fn(struct if_nameindex *names);

// The functions of this file. &getifaddrs would be that of the first library that has one.
#define OWN(name) __attribute__((alias(name), visibility("hidden"), nothrow, leaf))
list_fn own_getifaddrs OWN("getifaddrs");
free_list_fn own_freeifaddrs OWN("freeifaddrs");
names_fn own_if_nameindex OWN("if_nameindex");
free_names_fn own_if_freenameindex OWN("if_freenameindex");

// musl answers to glibc's name. The handle is not closed: libc is never unloaded.
static void *definition_of_libc(const char *name) {
  void *libc = dlopen == NULL ? NULL : dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  return libc == NULL ? NULL : dlsym(libc, name);
}

// Returns the next definition after ours: libc's, or another preloaded library's; NULL without one.
// If a library before ours wraps dlsym(3), as MangoHud's does, RTLD_NEXT begins there and finds
// ours again.
static void *next_definition(const char *name, const void *own) {
  const int error = errno;
  void *symbol = dlsym == NULL ? NULL : dlsym(RTLD_NEXT, name);
  if (symbol == own)
    symbol = definition_of_libc(name);
  errno = error;
  return symbol;
}

// Sets `*sources`. Returns whether libc's functions must not be called. getenv(3) is unsafe only
// beside setenv(3), which no program with threads may call.
static bool is_restricted(unsigned *sources) {
  const char *value = getenv("OSH_IFADDRS_SOURCES"); // NOLINT(concurrency-mt-unsafe)
  return osh_requested_sources(value, sources);
}

// Returns the errno if both functions failed. Callers expect libc's. But a shortage in ours is
// temporary, and libc's failure may not be.
static int errno_of(int error, bool has_native, int refusal) {
  return has_native && !osh_is_shortage(error) ? refusal : -error;
}

EXPORT int getifaddrs(struct ifaddrs **list) {
  const int before = errno;
  unsigned sources;
  list_fn *native = NULL;
  if (!is_restricted(&sources))
    native = (list_fn *)next_definition("getifaddrs", (void *)own_getifaddrs);
  if (native != NULL && native(list) == 0)
    return 0;

  const int refusal = errno;
  const int error = osh_ifaddrs(sources, list);
  errno = error == 0 ? before : errno_of(error, native != NULL, refusal);
  return error == 0 ? 0 : -1;
}

EXPORT void freeifaddrs(struct ifaddrs *list) {
  if (list == NULL)
    return;
  if (osh_block_is_ours(list)) {
    osh_block_free(list);
    return;
  }
  free_list_fn *native = (free_list_fn *)next_definition("freeifaddrs", (void *)own_freeifaddrs);
  if (native != NULL)
    native(list);
}

EXPORT struct if_nameindex *if_nameindex(void) {
  const int before = errno;
  unsigned sources;
  names_fn *native = NULL;
  if (!is_restricted(&sources))
    native = (names_fn *)next_definition("if_nameindex", (void *)own_if_nameindex);
  struct if_nameindex *names = native == NULL ? NULL : native();
  if (names != NULL)
    return names;

  const int refusal = errno;
  const int error = osh_nameindex(sources, &names);
  errno = error == 0 ? before : errno_of(error, native != NULL, refusal);
  return error == 0 ? names : NULL;
}

EXPORT void if_freenameindex(struct if_nameindex *names) {
  if (names == NULL)
    return;
  if (osh_block_is_ours(names)) {
    osh_block_free(names);
    return;
  }
  free_names_fn *native =
      (free_names_fn *)next_definition("if_freenameindex", (void *)own_if_freenameindex);
  if (native != NULL)
    native(names);
}
