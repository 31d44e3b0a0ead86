/*
 * Replaces libc's functions, preloaded after the library under test: they fail while the kernel
 * refuses nothing, so that the library's lists can be compared with libc's for everything that
 * rtnetlink provides. It never makes a list, so freeing one is an error, and aborts.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>

int getifaddrs(struct ifaddrs **list) {
  *list = NULL;
  errno = EXDEV;
  return -1;
}

struct if_nameindex *if_nameindex(void) {
  errno = EXDEV;
  return NULL;
}

void freeifaddrs(struct ifaddrs *list) {
  (void)list;
  abort();
}

void if_freenameindex(struct if_nameindex *names) {
  (void)names;
  abort();
}
