/*
 * A program without a trace of glibc in its source, for the kinds of programs that a preload
 * library of glibc's does not reach. Prints how many entries getifaddrs(3) gives.
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
