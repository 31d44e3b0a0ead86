/*
 * Stands in for libc, preloaded after the library under test: its functions fail while the kernel
 * refuses nothing, so that ours can be compared with libc's own over everything rtnetlink tells.
 * What it is given to free it did not make, and aborts.
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
