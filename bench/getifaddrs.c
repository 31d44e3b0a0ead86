// getifaddrs(3) as the C library has it, and nothing done with what it gives.

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
