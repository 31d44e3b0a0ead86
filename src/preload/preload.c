// getifaddrs(3) and if_nameindex(3) for every program that preloads this library: libc's function
// first, and if it fails the same list from what the sandbox leaves open.
//
// Every program loads this file, so it needs libc only: if a dependency of a preloaded library is
// missing, no program starts (ld.so(8) forgives only the absence of the library itself), and libmnl
// in the global scope could replace a program's newer one. So the lists are made by a second shared
// object next to this one, which is loaded after libc has failed.
//
// There is no state: dlsym() is called each time, and the second object, once loaded, stays
// (-z nodelete). A lock around a state could be left locked in a child by fork(2).

#include "block.h"
#include "lists.h"

#include <dlfcn.h>
#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

// glibc 2.34 moved these functions from libdl to libc, unchanged, but under a new version, which
// older ones lack. binding.gyp links libdl.
#if defined(__GLIBC__) && defined(__x86_64__)
#define OLDEST "GLIBC_2.2.5"
#elif defined(__GLIBC__) && defined(__aarch64__)
#define OLDEST "GLIBC_2.17"
#endif
#ifdef OLDEST
__asm__(".symver dlopen, dlopen@" OLDEST);
__asm__(".symver dlsym, dlsym@" OLDEST);
__asm__(".symver dlclose, dlclose@" OLDEST);
#endif

// glibc searches LD_LIBRARY_PATH for a bare name first, and takes another copy's object that is
// loaded already for it, which may have another version. musl does not know $ORIGIN here, but
// searches the run path.
#ifdef __GLIBC__
#define CORE "$ORIGIN/" OSH_IFADDRS_CORE
#else
#define CORE OSH_IFADDRS_CORE
#endif

// Its address marks the lists of this copy of the library.
static const char owner;

typedef int list_fn(struct ifaddrs **list);
typedef void free_list_fn(struct ifaddrs *list);
typedef struct if_nameindex *names_fn(void);
typedef void free_names_fn(struct if_nameindex *names);

// Returns the next definition after ours: libc's, or another preloaded library's; NULL without one.
static void *next_definition(const char *name) {
  const int error = errno;
  void *symbol = dlsym(RTLD_NEXT, name);
  errno = error;
  return symbol;
}

// Returns a function of the second object, or NULL. The caller closes `*core`.
static void *core_function(const char *name, void **core) {
  *core = dlopen(CORE, RTLD_NOW | RTLD_LOCAL);
  return *core == NULL ? NULL : dlsym(*core, name);
}

static void close_core(void *core) {
  if (core != NULL)
    (void)dlclose(core);
}

EXPORT int getifaddrs(struct ifaddrs **list) {
  const int before = errno;
  list_fn *native = (list_fn *)next_definition("getifaddrs");
  if (native != NULL && native(list) == 0)
    return 0;

  const int refusal = native == NULL ? ENOSYS : errno;
  void *core;
  osh_ifaddrs_fn *ours = (osh_ifaddrs_fn *)core_function("osh_ifaddrs", &core);
  const int error = ours == NULL ? -ENOSYS : ours(&owner, list);
  close_core(core);
  errno = error == 0 ? before : refusal;
  return error == 0 ? 0 : -1;
}

EXPORT void freeifaddrs(struct ifaddrs *list) {
  if (list == NULL)
    return;
  if (osh_block_is_of(&owner, list)) {
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

  const int refusal = native == NULL ? ENOSYS : errno;
  void *core;
  osh_nameindex_fn *ours = (osh_nameindex_fn *)core_function("osh_nameindex", &core);
  const int error = ours == NULL ? -ENOSYS : ours(&owner, &names);
  close_core(core);
  errno = error == 0 ? before : refusal;
  return error == 0 ? names : NULL;
}

EXPORT void if_freenameindex(struct if_nameindex *names) {
  if (names == NULL)
    return;
  if (osh_block_is_of(&owner, names)) {
    osh_block_free(names);
    return;
  }
  free_names_fn *native = (free_names_fn *)next_definition("if_freenameindex");
  if (native != NULL)
    native(names);
}
