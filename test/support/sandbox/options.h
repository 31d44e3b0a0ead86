/*
 * The sandbox that the launcher's options describe. launch.c sets it up.
 */
#pragma once

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The exit statuses of env(1). */
enum { EXIT_LAUNCHER = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

/* A rule with the errno of --errno, which may follow it. */
enum { ERRNO_OF_OPTION = -1 };

/* An errno that none is: the system call kills the process (SIGSYS). */
enum { KILL = 4095 };

/* Another one: the system call returns its third argument, a length, and does nothing. */
enum { SWALLOW = 4096 };

/* A path that Landlock allows. */
struct path {
  const char *name;
  bool writable;
  bool optional;
};

/* A system call that seccomp refuses: always, or if one of its arguments has a value. */
struct rule {
  int syscall;
  int error;
  unsigned comparisons;
  struct scmp_arg_cmp comparison;
};

/* Whether Landlock closes the file system, and whether the kernel must have it for that. */
enum landlock { NO_LANDLOCK, TRY_LANDLOCK, REQUIRE_LANDLOCK };

struct config {
  const char *netns;
  bool change_user;
  uid_t uid;
  gid_t gid;
  enum landlock landlock;
  struct path *paths;
  size_t path_count;
  struct rule *rules;
  size_t rule_count;
  int error;
};

/*
 * Fills in `config` and returns the command after the options. Ends the process if the options are
 * invalid.
 */
char **read_options(struct config *config, int argc, char **argv);
