// getifaddrs(3) and if_nameindex(3) for any program that LD_PRELOADs this library: libc's own
// first, and where that fails, the same list from what the sandbox leaves open.
//
// This file is all that every program loads. It needs nothing but libc: a preloaded library whose
// own dependency is not there keeps every program from starting (ld.so(8) forgives only the absence
// of the library itself), and libmnl in the global scope could stand in for a program's newer one.
// So the core is a second library beside this one, loaded when libc has failed and no earlier.
//
// There is no state: dlsym() is asked each time, and the core, once loaded, stays (-z nodelete).
// Nothing is worth keeping a lock for, which fork(2) could leave locked in the child.

#include "block.h"
#include "lists.h"

#include <dlfcn.h>
#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

// What is linked against a glibc of 2.34 or later would ask for that version of these, though they
// have not changed: it moved them from libdl to libc. Where the older versions are is in
// binding.gyp.
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

// By its place alone: a bare name would be looked for in LD_LIBRARY_PATH first, and be taken for
// another copy's core that is loaded already, which may be of another version. Of musl only the run
// path knows where this library is.
#ifdef __GLIBC__
#define CORE "$ORIGIN/" OSH_IFADDRS_CORE
#else
#define CORE OSH_IFADDRS_CORE
#endif

// Its address is this library's mark on what it makes. Another copy of it has another.
static const char mark;

typedef int list_fn(struct ifaddrs **list);
typedef void free_list_fn(struct ifaddrs *list);
typedef struct if_nameindex *names_fn(void);
typedef void free_names_fn(struct if_nameindex *names);

// The definition after ours: libc's, or that of another preloaded library. NULL if there is none.
static void *next(const char *name) {
  const int error = errno;
  void *symbol = dlsym(RTLD_NEXT, name);
  errno = error;
  return symbol;
}

// A function of the core. The caller gives back `*core`.
static void *core_function(const char *name, void **core) {
  *core = dlopen(CORE, RTLD_NOW | RTLD_LOCAL);
  return *core == NULL ? NULL : dlsym(*core, name);
}

static void release(void *core) {
  if (core != NULL)
    (void)dlclose(core);
}

EXPORT int getifaddrs(struct ifaddrs **list) {
  const int before = errno;
  list_fn *native = (list_fn *)next("getifaddrs");
  if (native != NULL && native(list) == 0)
    return 0;

  const int refusal = native == NULL ? ENOSYS : errno;
  void *core;
  osh_ifaddrs_fn *ours = (osh_ifaddrs_fn *)core_function("osh_ifaddrs", &core);
  const int error = ours == NULL ? -ENOSYS : ours(&mark, list);
  release(core);
  errno = error == 0 ? before : refusal;
  return error == 0 ? 0 : -1;
}

EXPORT void freeifaddrs(struct ifaddrs *list) {
  if (list == NULL)
    return;
  if (osh_block_is_of(&mark, list)) {
    osh_block_free(list);
    return;
  }
  free_list_fn *native = (free_list_fn *)next("freeifaddrs");
  if (native != NULL)
    native(list);
}

EXPORT struct if_nameindex *if_nameindex(void) {
  const int before = errno;
  names_fn *native = (names_fn *)next("if_nameindex");
  struct if_nameindex *names = native == NULL ? NULL : native();
  if (names != NULL)
    return names;

  const int refusal = native == NULL ? ENOSYS : errno;
  void *core;
  osh_nameindex_fn *ours = (osh_nameindex_fn *)core_function("osh_nameindex", &core);
  const int error = ours == NULL ? -ENOSYS : ours(&mark, &names);
  release(core);
  errno = error == 0 ? before : refusal;
  return error == 0 ? names : NULL;
}

EXPORT void if_freenameindex(struct if_nameindex *names) {
  if (names == NULL)
    return;
  if (osh_block_is_of(&mark, names)) {
    osh_block_free(names);
    return;
  }
  free_names_fn *native = (free_names_fn *)next("if_freenameindex");
  if (native != NULL)
    native(names);
}
