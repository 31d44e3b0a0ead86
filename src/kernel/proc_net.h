// Files of /proc/net, read whole.
#pragma once

#include <stddef.h>

enum osh_proc_net_file {
  OSH_PROC_NET_DEV,
  OSH_PROC_NET_IF_INET6,
  OSH_PROC_NET_IPV6_ROUTE,
  OSH_PROC_NET_ROUTE,
};

// Some bytes of a file, not terminated.
struct osh_text {
  const char *bytes;
  size_t length;
};

struct osh_contents {
  char *bytes;          // of the file, for the caller to free(3); NULL after a failure
  struct osh_text text; // all of them, for osh_next_line()
  const char *call;     // that failed, a literal; else NULL
};

// Reads a file of the calling thread's network namespace. Returns 0 or a negative errno.
int osh_proc_net_read(enum osh_proc_net_file file, struct osh_contents *contents);
