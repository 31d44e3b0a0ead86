/*
 * Imitates, by LD_PRELOAD, a link that is renamed right after SIOCGIFCONF was answered: the first
 * answer of a process has another name for it, as it was before. OSH_RENAMED is its name now.
 */

#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell_old_name(const struct ifconf *list, const char *name) {
  for (size_t i = 0; i < (size_t)list->ifc_len / sizeof(struct ifreq); i++)
    if (strcmp(list->ifc_req[i].ifr_name, name) == 0)
      memcpy(list->ifc_req[i].ifr_name, "before", sizeof("before"));
}

int ioctl(int fd, unsigned long request, ...) {
  static bool told = false;
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result = (int)syscall(SYS_ioctl, fd, request, argument);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment meanwhile.
  const char *name = getenv("OSH_RENAMED");
  if (result == 0 && request == SIOCGIFCONF && name != NULL && !told) {
    told = true;
    tell_old_name(argument, name);
  }
  return result;
}
