/*
 * What the launcher is told to do: the cage that its options describe. How it is built is up to
 * launch.c.
 */
#pragma once

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The exit statuses of env(1). */
enum { EXIT_LAUNCHER = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* What a rule says when its errno is that of --errno, which may come after it. */
enum { ERRNO_OF_OPTION = -1 };

/* One path that Landlock leaves open. */
struct path {
  const char *name;
  bool writable;
  bool optional;
};

/* One system call that seccomp refuses: always, or when one of its arguments has a value. */
struct rule {
  int syscall;
  int error;
  unsigned comparisons;
  struct scmp_arg_cmp comparison;
};

struct config {
  const char *netns;
  bool change_user;
  uid_t uid;
  gid_t gid;
  bool landlock;
  struct path *paths;
  size_t path_count;
  struct rule *rules;
  size_t rule_count;
  int error;
};

/*
 * Fills in `config` and returns the command, which is what follows the options. Ends the process
 * when it does not understand them.
 */
char **read_options(struct config *config, int argc, char **argv);
