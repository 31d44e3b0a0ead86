// The first byte of an input of read_fuzz.c: what is read from the kernel that the rest describes.
#pragma once

enum {
  // The lowest bits: the sources of osh_snapshot_read(), unless one of these is set.
  SEED_IFADDRS = 1 << 3,   // osh_ifaddrs()
  SEED_NAMEINDEX = 1 << 4, // osh_nameindex()
};
