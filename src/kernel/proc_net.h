// Files of /proc/net, read whole.
#pragma once

#include <stdbool.h>
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
  bool changed;         // the file changed during each reading, so it may lack lines
  const char *call;     // that failed, a literal; else NULL
};

// Reads a file of the calling thread's network namespace, without ever waiting. If it has more than
// one page, reads it until two readings in a row are equal but for counters, four times at most.
// Returns 0 or a negative errno: -EBADMSG if the file is not procfs or ends within a line.
int osh_proc_net_read(enum osh_proc_net_file file, struct osh_contents *contents);

// Cuts the first line off `rest`, without its newline. Returns false if none is left. A last line
// without a newline is incomplete, and not a line.
bool osh_next_line(struct osh_text *rest, struct osh_text *line);
