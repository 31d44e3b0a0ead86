/*
 * Parses the launcher's command line into a configuration, see options.h.
 */

#include "options.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { NOBODY = 65534 };

/* The highest errno that libseccomp accepts. */
enum { MAX_ERRNO = 4094 };

enum { EVERY_FAMILY = INT_MAX };

static const struct path default_paths[] = {
    {"/usr", false, true},         {"/lib", false, true},    {"/lib32", false, true},
    {"/lib64", false, true},       {"/libx32", false, true}, {"/bin", false, true},
    {"/sbin", false, true},        {"/proc", false, true},   {"/etc", false, true},
    {"/dev/urandom", false, true}, {"/dev/null", true, true}};

/* A name that an option accepts; it also accepts a number up to `max`. */
struct name {
  const char *text;
  int64_t value;
};

struct names {
  const char *title;
  const struct name *entries;
  int64_t max;
};

#define NAME(constant)                                                                             \
  { #constant, constant }

static const struct name error_names[] = {
    NAME(EPERM),  NAME(EACCES),     NAME(EOPNOTSUPP), NAME(EAFNOSUPPORT), NAME(EPROTONOSUPPORT),
    NAME(ENOSYS), NAME(EMFILE),     NAME(ENFILE),     NAME(ENOMEM),       NAME(ENOBUFS),
    NAME(EINTR),  NAME(EAGAIN),     NAME(EINVAL),     NAME(EIO),          NAME(ENODEV),
    NAME(ENOENT), NAME(ENOSPC),     NAME(ENOTTY),     NAME(ENXIO),        NAME(ENETDOWN),
    NAME(EBUSY),  NAME(EADDRINUSE), NAME(KILL),       {NULL, 0}};
static const struct names errors = {"ERRNO", error_names, MAX_ERRNO};

static const struct name family_names[] = {{"netlink", AF_NETLINK},
                                           {"inet", AF_INET},
                                           {"inet6", AF_INET6},
                                           {"unix", AF_UNIX},
                                           {"packet", AF_PACKET},
                                           {"all", EVERY_FAMILY},
                                           {NULL, 0}};
static const struct names families = {"FAMILY", family_names, AF_MAX};

static const struct name request_names[] = {
    NAME(SIOCGIFCONF),    NAME(SIOCGIFFLAGS),   NAME(SIOCGIFHWADDR),  NAME(SIOCGIFNAME),
    NAME(SIOCGIFINDEX),   NAME(SIOCGIFADDR),    NAME(SIOCGIFNETMASK), NAME(SIOCGIFMTU),
    NAME(SIOCGIFBRDADDR), NAME(SIOCGIFDSTADDR), NAME(SIOCETHTOOL),    {NULL, 0}};
static const struct names requests = {"REQUEST", request_names, UINT32_MAX};

/* User ids and ioctl requests exceed the `long` of 32-bit machines. */
static int64_t parse_number(const char *text, int64_t max) {
  char *end = NULL;
  errno = 0;
  const int64_t value = strtoll(text, &end, 0);
  const bool whole = end != text && *end == '\0' && errno == 0;
  return whole && value >= 0 && value <= max ? value : -1;
}

static int64_t parse_name(const struct names *names, const char *text) {
  for (const struct name *name = names->entries; name->text != NULL; name++) {
    if (strcmp(name->text, text) == 0)
      return name->value;
  }
  const int64_t value = parse_number(text, names->max);
  if (value < 0)
    errx(EXIT_LAUNCHER, "%s: not a known %s", text, names->title);
  return value;
}

/* Splits NAME=ERRNO in place and returns the errno. */
static int split_error(char *text) {
  char *equals = strchr(text, '=');
  if (equals == NULL)
    return ERRNO_OF_OPTION;
  *equals = '\0';
  return (int)parse_name(&errors, equals + 1);
}

static void *grow(void *array, size_t count, size_t size) {
  void *larger = reallocarray(array, count + 1, size);
  if (larger == NULL)
    err(EXIT_LAUNCHER, "reallocarray");
  return larger;
}

static void add_path(struct config *config, struct path path) {
  config->paths = grow(config->paths, config->path_count, sizeof(path));
  config->paths[config->path_count++] = path;
}

static void add_rule(struct config *config, struct rule rule) {
  config->rules = grow(config->rules, config->rule_count, sizeof(rule));
  config->rules[config->rule_count++] = rule;
}

/*
 * The kernel reads only the lower half of a register that holds an `int` argument, so the rule
 * compares only that: a caller could otherwise evade it by setting an upper bit.
 */
static struct scmp_arg_cmp low_half_is(unsigned index, uint32_t value) {
  return SCMP_CMP64(index, SCMP_CMP_MASKED_EQ, UINT32_MAX, value);
}

static void set_netns(struct config *config, char *value) {
  config->netns = value;
}

static void set_user(struct config *config, char *value) {
  config->change_user = strcmp(value, "keep") != 0;
  if (!config->change_user)
    return;
  char *colon = strchr(value, ':');
  if (colon != NULL)
    *colon = '\0';
  /* To setresuid(2) UINT32_MAX means "unchanged". */
  const int64_t max = UINT32_MAX - 1;
  const int64_t uid = parse_number(value, max);
  const int64_t gid = colon == NULL ? uid : parse_number(colon + 1, max);
  if (uid < 0 || gid < 0)
    errx(EXIT_LAUNCHER, "--user takes UID[:GID] in numbers, or keep");
  config->uid = (uid_t)uid;
  config->gid = (gid_t)gid;
}

static void skip_landlock(struct config *config, char *value) {
  (void)value;
  config->landlock = NO_LANDLOCK;
}

static void require_landlock(struct config *config, char *value) {
  (void)value;
  config->landlock = REQUIRE_LANDLOCK;
}

static void allow_path(struct config *config, char *value) {
  add_path(config, (struct path){.name = value});
}

static void disallow_path(struct config *config, char *value) {
  size_t kept = 0;
  for (size_t i = 0; i < config->path_count; i++) {
    if (strcmp(config->paths[i].name, value) != 0)
      config->paths[kept++] = config->paths[i];
  }
  if (kept == config->path_count)
    errx(EXIT_LAUNCHER, "--no-path %s: no such path is open", value);
  config->path_count = kept;
}

static void set_error(struct config *config, char *value) {
  config->error = (int)parse_name(&errors, value);
}

static void deny_families(struct config *config, char *value) {
  for (char *name = strsep(&value, ","); name != NULL; name = strsep(&value, ",")) {
    const int64_t family = parse_name(&families, name);
    struct rule rule = {.syscall = SCMP_SYS(socket), .error = ERRNO_OF_OPTION};
    if (family != EVERY_FAMILY) {
      rule.comparisons = 1;
      rule.comparison = low_half_is(0, (uint32_t)family);
    }
    add_rule(config, rule);
  }
}

static void deny_socketpair(struct config *config, char *value) {
  (void)value;
  add_rule(config, (struct rule){.syscall = SCMP_SYS(socketpair), .error = ERRNO_OF_OPTION});
}

static void deny_syscall(struct config *config, char *value) {
  const int error = split_error(value);
  const int syscall = seccomp_syscall_resolve_name(value);
  /* libseccomp gives calls of other architectures negative numbers, and ignores rules for them. */
  if (syscall < 0)
    errx(EXIT_LAUNCHER, "%s: not a system call of this architecture", value);
  add_rule(config, (struct rule){.syscall = syscall, .error = error});
}

static void deny_ioctl(struct config *config, char *value) {
  const int error = split_error(value);
  const uint32_t request = (uint32_t)parse_name(&requests, value);
  add_rule(config, (struct rule){.syscall = SCMP_SYS(ioctl),
                                 .error = error,
                                 .comparisons = 1,
                                 .comparison = low_half_is(1, request)});
}

/* Only netlink's addresses have this size; sendto() of other sockets goes on. */
static void swallow_netlink(struct config *config, char *value) {
  (void)value;
  add_rule(config, (struct rule){.syscall = SCMP_SYS(sendto),
                                 .error = SWALLOW,
                                 .comparisons = 1,
                                 .comparison = low_half_is(5, sizeof(struct sockaddr_nl))});
}

static void show_help(struct config *config, char *value);

struct option_row {
  const char *name;
  const char *argument;
  const char *help;
  void (*apply)(struct config *config, char *value);
};

static const struct option_row option_rows[] = {
    {"netns", "NAME|PATH", "enter this network namespace; a NAME is one of /run/netns", set_netns},
    {"user", "UID[:GID]|keep", "become this user (default 65534:65534), or stay", set_user},
    {"no-landlock", NULL, "leave the file system open", skip_landlock},
    {"require-landlock", NULL, "fail if the kernel has no Landlock", require_landlock},
    {"path", "PATH", "open this path for reading and executing too (repeatable)", allow_path},
    {"no-path", "PATH", "close one of the paths open by default (repeatable)", disallow_path},
    {"errno", "ERRNO", "what a denied system call answers (default EPERM), KILL, or 0 for success",
     set_error},
    {"deny-family", "FAMILY[,...]", "deny socket() for these address families", deny_families},
    {"deny-socketpair", NULL, "deny socketpair()", deny_socketpair},
    {"deny-syscall", "NAME[=ERRNO]", "deny any system call (repeatable)", deny_syscall},
    {"deny-ioctl", "REQUEST[=ERRNO]", "deny one ioctl request (repeatable)", deny_ioctl},
    {"swallow-netlink", NULL, "let sendto() to netlink succeed and send nothing", swallow_netlink},
    {"help", NULL, "show this text", show_help}};

enum { OPTIONS = sizeof(option_rows) / sizeof(option_rows[0]) };

static void show_names(const struct names *names) {
  (void)printf("%s: a number, or one of", names->title);
  for (const struct name *name = names->entries; name->text != NULL; name++)
    (void)printf(" %s", name->text);
  (void)printf("\n");
}

static _Noreturn void show_help(struct config *config, char *value) {
  (void)config;
  (void)value;
  (void)printf("Usage: sandbox [OPTION]... -- COMMAND [ARGUMENT]...\n"
               "Run COMMAND in a sandbox like OpenShell's.\n\n");
  for (const struct option_row *row = option_rows; row < option_rows + OPTIONS; row++) {
    const char *argument = row->argument == NULL ? "" : row->argument;
    const int pad = 32 - (int)(strlen(row->name) + strlen(argument));
    (void)printf("  --%s %s%*s%s\n", row->name, argument, pad, "", row->help);
  }
  (void)printf("\nIf the kernel has no Landlock (Linux 5.13), the file system stays open.\n"
               "Open to Landlock by default:");
  for (size_t i = 0; i < sizeof(default_paths) / sizeof(default_paths[0]); i++)
    (void)printf(" %s", default_paths[i].name);
  (void)printf("\n");
  show_names(&errors);
  show_names(&families);
  show_names(&requests);
  (void)printf(
      "Of several denials of a system call one without condition wins, then the first.\n"
      "A filter also answers clone3() with ENOSYS: seccomp cannot see its flags.\n"
      "Exit status: 125 if the sandbox cannot be set up, 126 or 127 if COMMAND cannot be run.\n");
  exit(EXIT_SUCCESS);
}

static void set_defaults(struct config *config) {
  *config = (struct config){
      .change_user = true, .uid = NOBODY, .gid = NOBODY, .landlock = TRY_LANDLOCK, .error = EPERM};
  for (size_t i = 0; i < sizeof(default_paths) / sizeof(default_paths[0]); i++)
    add_path(config, default_paths[i]);
}

char **read_options(struct config *config, int argc, char **argv) {
  set_defaults(config);
  struct option options[OPTIONS + 1] = {{0}};
  for (int i = 0; i < OPTIONS; i++) {
    options[i].name = option_rows[i].name;
    options[i].has_arg = option_rows[i].argument == NULL ? no_argument : required_argument;
  }
  int row = 0;
  for (int found = 0; (found = getopt_long(argc, argv, "+", options, &row)) != -1;) {
    /* getopt has printed the error. */
    if (found != 0)
      exit(EXIT_LAUNCHER);
    option_rows[row].apply(config, optarg);
  }
  if (optind == argc)
    errx(EXIT_LAUNCHER, "no command; see --help");
  return argv + optind;
}
