// The first byte of an input of read_fuzz.c: what to read from the kernel that the rest scripts.
#pragma once

enum {
  // The lowest bits are the sources of osh_read(), unless one of the first two is set.
  SEED_IFADDRS = 1 << 3,   // osh_ifaddrs()
  SEED_NAMEINDEX = 1 << 4, // osh_nameindex()
  SEED_ALL_LINKS = 1 << 5, // osh_request.all_links
  SEED_DETAILS = 1 << 6,   // osh_request.details
};
