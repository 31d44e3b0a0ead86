// Measures what the preload library adds to a call that libc's own function answers. Run it with
// the library in LD_PRELOAD: the function of that name is then the library's, and libc's is looked
// up in libc. Both are called in turns, so that other load affects both alike. Prints for each pair
// the nanoseconds of a call to libc's function, and how many more the library's takes.

#include "sample.h"

#include <dlfcn.h>
#include <err.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

enum { PAIRS = 2000, CALLS = 10 };

struct functions {
  int (*make)(struct ifaddrs **);
  void (*free)(struct ifaddrs *);
  struct if_nameindex *(*make_names)(void);
  void (*free_names)(struct if_nameindex *);
};

static double measure(const struct functions *functions, int names) {
  const double start = now();
  for (int i = 0; i < CALLS; i++) {
    struct ifaddrs *list = NULL;
    if (names)
      functions->free_names(functions->make_names());
    else if (functions->make(&list) == 0)
      functions->free(list);
    else
      err(EXIT_FAILURE, "getifaddrs");
  }
  return (now() - start) / CALLS;
}

int main(int argc, char **argv) {
  void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (libc == NULL)
    errx(EXIT_FAILURE, "libc.so.6 is not loaded");
  struct functions own = {0};
  *(void **)&own.make = dlsym(libc, "getifaddrs");
  *(void **)&own.free = dlsym(libc, "freeifaddrs");
  *(void **)&own.make_names = dlsym(libc, "if_nameindex");
  *(void **)&own.free_names = dlsym(libc, "if_freenameindex");
  const struct functions preloaded = {getifaddrs, freeifaddrs, if_nameindex, if_freenameindex};
  if (preloaded.make == own.make)
    errx(EXIT_FAILURE, "the library is not preloaded");
  const int names = argc == 2 && strcmp(argv[1], "names") == 0;
  for (int i = 0; i < PAIRS; i++) {
    const struct functions *first = i % 2 == 0 ? &own : &preloaded;
    const double a = measure(first, names);
    const double b = measure(first == &own ? &preloaded : &own, names);
    printf("%.1f %.1f\n", first == &own ? a : b, first == &own ? b - a : a - b);
  }
  return EXIT_SUCCESS;
}
