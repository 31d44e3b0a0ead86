// Measures what the preload library adds to a call that libc's own function answers, and to the
// start of a program. Run it with the library in LD_PRELOAD: the function of that name is then the
// library's, and libc's is looked up in libc. Both are called in turns, so that other load affects
// both alike. Prints for each pair the nanoseconds without the library, and how many more with it.

#include "sample.h"

#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 2000, CALLS = 10 };

#define PRELOAD "LD_PRELOAD="

struct functions {
  int (*make)(struct ifaddrs **);
  void (*free)(struct ifaddrs *);
  struct if_nameindex *(*make_names)(void);
  void (*free_names)(struct if_nameindex *);
};

static struct functions find_functions(bool preloaded) {
  struct functions own = {getifaddrs, freeifaddrs, if_nameindex, if_freenameindex};
  if (preloaded)
    return own;
  void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  if (libc == NULL)
    errx(EXIT_FAILURE, "libc.so.6 is not loaded");
  *(void **)&own.make = dlsym(libc, "getifaddrs");
  *(void **)&own.free = dlsym(libc, "freeifaddrs");
  *(void **)&own.make_names = dlsym(libc, "if_nameindex");
  *(void **)&own.free_names = dlsym(libc, "if_freenameindex");
  if (own.make == getifaddrs)
    errx(EXIT_FAILURE, "the library is not preloaded");
  return own;
}

static double measure_list(bool preloaded) {
  const struct functions functions = find_functions(preloaded);
  const double start = now();
  for (int i = 0; i < CALLS; i++) {
    struct ifaddrs *list = NULL;
    if (functions.make(&list) != 0)
      err(EXIT_FAILURE, "getifaddrs");
    functions.free(list);
  }
  return (now() - start) / CALLS;
}

static double measure_names(bool preloaded) {
  const struct functions functions = find_functions(preloaded);
  const double start = now();
  for (int i = 0; i < CALLS; i++)
    functions.free_names(functions.make_names());
  return (now() - start) / CALLS;
}

static char *preload_variable(void) {
  for (char **variable = environ; *variable != NULL; variable++)
    if (strncmp(*variable, PRELOAD, sizeof(PRELOAD) - 1) == 0)
      return *variable;
  errx(EXIT_FAILURE, "the library is not preloaded");
}

static double measure_start(bool preloaded) {
  char *arguments[] = {"/bin/true", NULL};
  char *environment[] = {preloaded ? preload_variable() : NULL, NULL};
  const double start = now();
  pid_t child;
  int status;
  errno = posix_spawn(&child, arguments[0], NULL, NULL, arguments, environment);
  if (errno != 0 || waitpid(child, &status, 0) < 0 || status != 0)
    err(EXIT_FAILURE, "/bin/true");
  return now() - start;
}

static const struct {
  const char *name;
  double (*measure)(bool preloaded);
} subjects[] = {{"list", measure_list}, {"names", measure_names}, {"start", measure_start}};

int main(int argc, char **argv) {
  double (*measure)(bool) = NULL;
  for (size_t i = 0; argc == 2 && i < sizeof(subjects) / sizeof(*subjects); i++)
    if (strcmp(argv[1], subjects[i].name) == 0)
      measure = subjects[i].measure;
  if (measure == NULL)
    errx(EXIT_FAILURE, "usage: preload list|names|start");
  for (int i = 0; i < PAIRS; i++) {
    const bool preloaded_first = i % 2 == 1;
    const double first = measure(preloaded_first);
    const double second = measure(!preloaded_first);
    const double alone = preloaded_first ? second : first;
    printf("%.1f %.1f\n", alone, first + second - 2 * alone);
  }
  return EXIT_SUCCESS;
}
