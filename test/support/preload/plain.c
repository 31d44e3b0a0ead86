/*
 * Built statically and with musl for the programs that a preload library for glibc does not reach.
 * Prints the number of entries that getifaddrs(3) returns.
 */
#include <err.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  struct ifaddrs *list;
  if (getifaddrs(&list) != 0)
    err(EXIT_FAILURE, "getifaddrs");
  int count = 0;
  for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next)
    count++;
  freeifaddrs(list);
  (void)printf("%d\n", count);
  return EXIT_SUCCESS;
}
