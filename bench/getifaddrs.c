// The C library's getifaddrs(3); its result is not used.

#include "sample.h"

#include <err.h>
#include <ifaddrs.h>

static void call(void) {
  struct ifaddrs *addresses;
  if (getifaddrs(&addresses) != 0)
    err(EXIT_FAILURE, "getifaddrs");
  freeifaddrs(addresses);
}

int main(void) {
  return answer_samples(call);
}
