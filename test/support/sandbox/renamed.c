/*
 * LD_PRELOAD library that imitates a link that is renamed right after SIOCGIFCONF: the first list
 * of a process has the link's old name. OSH_RENAMED is its present name, OSH_BEFORE the old one.
 */

#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void restore_old_name(const struct ifconf *list) {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing changes the environment meanwhile.
  const char *now = getenv("OSH_RENAMED");
  const char *before = getenv("OSH_BEFORE");
  // NOLINTEND(concurrency-mt-unsafe)
  if (now == NULL || before == NULL)
    return;
  for (size_t i = 0; i < (size_t)list->ifc_len / sizeof(struct ifreq); i++)
    if (strcmp(list->ifc_req[i].ifr_name, now) == 0)
      strncpy(list->ifc_req[i].ifr_name, before, IFNAMSIZ - 1);
}

int ioctl(int fd, unsigned long request, ...) {
  static bool restored = false;
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  const int result = (int)syscall(SYS_ioctl, fd, request, argument);
  // Without a buffer the kernel only counts.
  const struct ifconf *list = argument;
  if (result == 0 && request == SIOCGIFCONF && list->ifc_req != NULL && !restored) {
    restored = true;
    restore_old_name(list);
  }
  return result;
}
