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

// Reads a file of the calling thread's network namespace. Returns 0 with its contents in `*text`
// and the memory that holds them in `*owned`, for the caller to free(3); or a negative errno with
// the failed call in `*call`, a literal, and nothing to free.
int osh_proc_net_read(enum osh_proc_net_file file, char **owned, struct osh_text *text,
                      const char **call);
