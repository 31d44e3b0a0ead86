/*
 * Starts a program in the cage that an OpenShell sandbox builds around its child, for the tests.
 *
 * The steps and their order are OpenShell's: enter a network namespace, become an unprivileged
 * user, forbid core dumps and new privileges, let Landlock hide the file system, let seccomp refuse
 * system calls, exec. Every step can be left out or aimed, so that a test can refuse exactly one
 * thing, with the errno that the sandbox in question would choose.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The exit statuses of env(1). */
enum { EXIT_LAUNCHER = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

enum { NOBODY = 65534 };

/* The highest one that libseccomp takes. */
enum { MAX_ERRNO = 4094 };

/* What a rule says when its errno is that of --errno, which may come after it. */
enum { ERRNO_OF_OPTION = -1 };

enum { EVERY_FAMILY = INT_MAX };

/*
 * Only the rights of Landlock's first version are handled, so that every kernel that knows Landlock
 * builds the same cage.
 */
static const uint64_t handled_access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
static const uint64_t read_access =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t file_access =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;

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

static const struct path default_paths[] = {
    {"/usr", false, true},         {"/lib", false, true},    {"/lib32", false, true},
    {"/lib64", false, true},       {"/libx32", false, true}, {"/bin", false, true},
    {"/sbin", false, true},        {"/proc", false, true},   {"/etc", false, true},
    {"/dev/urandom", false, true}, {"/dev/null", true, true}};

/* The words an option understands; a number up to `max` is understood as well. */
struct word {
  const char *text;
  long value;
};

struct vocabulary {
  const char *title;
  const struct word *words;
  long max;
};

#define WORD(constant)                                                                             \
  { #constant, constant }

static const struct word error_words[] = {
    WORD(EPERM),  WORD(EACCES),     WORD(EOPNOTSUPP), WORD(EAFNOSUPPORT), WORD(EPROTONOSUPPORT),
    WORD(ENOSYS), WORD(EMFILE),     WORD(ENFILE),     WORD(ENOMEM),       WORD(ENOBUFS),
    WORD(EINTR),  WORD(EAGAIN),     WORD(EINVAL),     WORD(EIO),          WORD(ENODEV),
    WORD(ENOENT), WORD(ENOSPC),     WORD(ENOTTY),     WORD(ENXIO),        WORD(ENETDOWN),
    WORD(EBUSY),  WORD(EADDRINUSE), {NULL, 0}};
static const struct vocabulary errors = {"ERRNO", error_words, MAX_ERRNO};

static const struct word family_words[] = {{"netlink", AF_NETLINK},
                                           {"inet", AF_INET},
                                           {"inet6", AF_INET6},
                                           {"unix", AF_UNIX},
                                           {"packet", AF_PACKET},
                                           {"all", EVERY_FAMILY},
                                           {NULL, 0}};
static const struct vocabulary families = {"FAMILY", family_words, AF_MAX};

static const struct word request_words[] = {
    WORD(SIOCGIFCONF),  WORD(SIOCGIFFLAGS), WORD(SIOCGIFHWADDR),  WORD(SIOCGIFNAME),
    WORD(SIOCGIFINDEX), WORD(SIOCGIFADDR),  WORD(SIOCGIFNETMASK), {NULL, 0}};
static const struct vocabulary requests = {"REQUEST", request_words, UINT32_MAX};

static long number(const char *text, long max) {
  char *end = NULL;
  errno = 0;
  const long value = strtol(text, &end, 0);
  const bool whole = end != text && *end == '\0' && errno == 0;
  return whole && value >= 0 && value <= max ? value : -1;
}

static long meaning(const struct vocabulary *vocabulary, const char *text) {
  for (const struct word *word = vocabulary->words; word->text != NULL; word++) {
    if (strcmp(word->text, text) == 0)
      return word->value;
  }
  const long value = number(text, vocabulary->max);
  if (value < 0)
    errx(EXIT_LAUNCHER, "%s: not a known %s", text, vocabulary->title);
  return value;
}

/* Splits NAME=ERRNO in place and returns the errno. */
static int split_error(char *text) {
  char *equals = strchr(text, '=');
  if (equals == NULL)
    return ERRNO_OF_OPTION;
  *equals = '\0';
  return (int)meaning(&errors, equals + 1);
}

static void *grown(void *array, size_t count, size_t size) {
  void *larger = reallocarray(array, count + 1, size);
  if (larger == NULL)
    err(EXIT_LAUNCHER, "reallocarray");
  return larger;
}

static void add_path(struct config *config, struct path path) {
  config->paths = grown(config->paths, config->path_count, sizeof(path));
  config->paths[config->path_count++] = path;
}

static void add_rule(struct config *config, struct rule rule) {
  config->rules = grown(config->rules, config->rule_count, sizeof(rule));
  config->rules[config->rule_count++] = rule;
}

/*
 * Of an `int` argument the kernel looks at the lower half of the register, so the rule must not
 * look at more: a caller could otherwise slip past it with a stray upper bit.
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
  /* UINT32_MAX means "leave it as it is" to setresuid(2). */
  const long uid = number(value, UINT32_MAX - 1L);
  const long gid = colon == NULL ? uid : number(colon + 1, UINT32_MAX - 1L);
  if (uid < 0 || gid < 0)
    errx(EXIT_LAUNCHER, "--user takes UID[:GID] in numbers, or keep");
  config->uid = (uid_t)uid;
  config->gid = (gid_t)gid;
}

static void skip_landlock(struct config *config, char *value) {
  (void)value;
  config->landlock = false;
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
  config->error = (int)meaning(&errors, value);
}

static void deny_families(struct config *config, char *value) {
  for (char *name = strsep(&value, ","); name != NULL; name = strsep(&value, ",")) {
    const long family = meaning(&families, name);
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
  /* A call of other architectures has a number below zero, and a rule on it would do nothing. */
  if (syscall < 0)
    errx(EXIT_LAUNCHER, "%s: not a system call of this architecture", value);
  add_rule(config, (struct rule){.syscall = syscall, .error = error});
}

static void deny_ioctl(struct config *config, char *value) {
  const int error = split_error(value);
  const uint32_t request = (uint32_t)meaning(&requests, value);
  add_rule(config, (struct rule){.syscall = SCMP_SYS(ioctl),
                                 .error = error,
                                 .comparisons = 1,
                                 .comparison = low_half_is(1, request)});
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
    {"path", "PATH", "open this path for reading and executing too (repeatable)", allow_path},
    {"no-path", "PATH", "close one of the paths open by default (repeatable)", disallow_path},
    {"errno", "ERRNO", "what a denied system call answers (default EPERM)", set_error},
    {"deny-family", "FAMILY[,...]", "deny socket() for these address families", deny_families},
    {"deny-socketpair", NULL, "deny socketpair()", deny_socketpair},
    {"deny-syscall", "NAME[=ERRNO]", "deny any system call (repeatable)", deny_syscall},
    {"deny-ioctl", "REQUEST[=ERRNO]", "deny one ioctl request (repeatable)", deny_ioctl},
    {"help", NULL, "show this text", show_help}};

enum { OPTIONS = sizeof(option_rows) / sizeof(option_rows[0]) };

static void show_words(const struct vocabulary *vocabulary) {
  (void)printf("%s: a number, or one of", vocabulary->title);
  for (const struct word *word = vocabulary->words; word->text != NULL; word++)
    (void)printf(" %s", word->text);
  (void)printf("\n");
}

static _Noreturn void show_help(struct config *config, char *value) {
  (void)config;
  (void)value;
  (void)printf("Usage: sandbox [OPTION]... -- COMMAND [ARGUMENT]...\n"
               "Run COMMAND in a cage like that of an OpenShell sandbox.\n\n");
  for (const struct option_row *row = option_rows; row < option_rows + OPTIONS; row++) {
    const char *argument = row->argument == NULL ? "" : row->argument;
    const int pad = 32 - (int)(strlen(row->name) + strlen(argument));
    (void)printf("  --%s %s%*s%s\n", row->name, argument, pad, "", row->help);
  }
  (void)printf("\nOpen to Landlock by default:");
  for (size_t i = 0; i < sizeof(default_paths) / sizeof(default_paths[0]); i++)
    (void)printf(" %s", default_paths[i].name);
  (void)printf("\n");
  show_words(&errors);
  show_words(&families);
  show_words(&requests);
  (void)printf("Of several denials of a system call one without condition wins, then the first.\n"
               "A filter also answers clone3() with ENOSYS: its flags are out of seccomp's sight.\n"
               "Exit status: 125 if the cage fails, 126 or 127 if COMMAND cannot be run.\n");
  exit(EXIT_SUCCESS);
}

static void set_defaults(struct config *config) {
  *config = (struct config){
      .change_user = true, .uid = NOBODY, .gid = NOBODY, .landlock = true, .error = EPERM};
  for (size_t i = 0; i < sizeof(default_paths) / sizeof(default_paths[0]); i++)
    add_path(config, default_paths[i]);
}

/* Returns the command, which is what follows the options. */
static char **read_options(struct config *config, int argc, char **argv) {
  struct option options[OPTIONS + 1] = {{0}};
  for (int i = 0; i < OPTIONS; i++) {
    options[i].name = option_rows[i].name;
    options[i].has_arg = option_rows[i].argument == NULL ? no_argument : required_argument;
  }
  int row = 0;
  for (int found = 0; (found = getopt_long(argc, argv, "+", options, &row)) != -1;) {
    /* getopt has said what is wrong. */
    if (found != 0)
      exit(EXIT_LAUNCHER);
    option_rows[row].apply(config, optarg);
  }
  if (optind == argc)
    errx(EXIT_LAUNCHER, "no command; see --help");
  return argv + optind;
}

static int open_netns(const char *name) {
  if (strchr(name, '/') != NULL)
    return open(name, O_RDONLY | O_CLOEXEC);
  const int names = open("/run/netns", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (names < 0)
    return -1;
  const int netns = openat(names, name, O_RDONLY | O_CLOEXEC);
  (void)close(names);
  return netns;
}

static void enter_netns(const struct config *config) {
  if (config->netns == NULL)
    return;
  const int netns = open_netns(config->netns);
  if (netns < 0)
    err(EXIT_LAUNCHER, "open network namespace %s", config->netns);
  if (setns(netns, CLONE_NEWNET) < 0)
    err(EXIT_LAUNCHER, "setns %s", config->netns);
  (void)close(netns);
}

static void change_user(const struct config *config) {
  if (!config->change_user)
    return;
  if (setgroups(0, NULL) < 0)
    err(EXIT_LAUNCHER, "setgroups");
  if (setresgid(config->gid, config->gid, config->gid) < 0)
    err(EXIT_LAUNCHER, "setresgid %u", config->gid);
  if (setresuid(config->uid, config->uid, config->uid) < 0)
    err(EXIT_LAUNCHER, "setresuid %u", config->uid);
}

/* OpenShell does this here too, although exec undoes it unless the program is unreadable. */
static void forbid_dumps(void) {
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    err(EXIT_LAUNCHER, "prctl PR_SET_DUMPABLE");
}

static void forbid_new_privileges(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    err(EXIT_LAUNCHER, "prctl PR_SET_NO_NEW_PRIVS");
}

static void open_path(int ruleset, const struct path *path) {
  const int fd = open(path->name, O_PATH | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && path->optional)
    return;
  if (fd < 0)
    err(EXIT_LAUNCHER, "open %s", path->name);
  struct stat status;
  if (fstat(fd, &status) < 0)
    err(EXIT_LAUNCHER, "fstat %s", path->name);
  struct landlock_path_beneath_attr rule = {.parent_fd = fd, .allowed_access = read_access};
  if (path->writable)
    rule.allowed_access |= LANDLOCK_ACCESS_FS_WRITE_FILE;
  /* Landlock takes no directory's right for a file. */
  if (!S_ISDIR(status.st_mode))
    rule.allowed_access &= file_access;
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
    err(EXIT_LAUNCHER, "landlock_add_rule %s", path->name);
  (void)close(fd);
}

static void restrict_files(const struct config *config) {
  if (!config->landlock)
    return;
  const struct landlock_ruleset_attr attributes = {.handled_access_fs = handled_access};
  const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
  if (ruleset < 0)
    err(EXIT_LAUNCHER, "landlock_create_ruleset");
  for (size_t i = 0; i < config->path_count; i++)
    open_path(ruleset, &config->paths[i]);
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
    err(EXIT_LAUNCHER, "landlock_restrict_self");
  (void)close(ruleset);
}

/* libseccomp returns errors instead of setting errno. */
static void check_seccomp(const char *call, int result) {
  if (result >= 0)
    return;
  errno = -result;
  err(EXIT_LAUNCHER, "%s", call);
}

static void filter_rule(const struct config *config, scmp_filter_ctx filter,
                        const struct rule *rule) {
  const int error = rule->error == ERRNO_OF_OPTION ? config->error : rule->error;
  const uint32_t action = SCMP_ACT_ERRNO((uint32_t)error);
  check_seccomp("seccomp_rule_add", seccomp_rule_add_array(filter, action, rule->syscall,
                                                           rule->comparisons, &rule->comparison));
}

static void restrict_syscalls(const struct config *config) {
  if (config->rule_count == 0)
    return;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == NULL)
    err(EXIT_LAUNCHER, "seccomp_init");
  /* no_new_privs is a step of its own, and the system call's own errno says more than ECANCELED. */
  check_seccomp("seccomp_attr_set", seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0));
  check_seccomp("seccomp_attr_set", seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1));
  const struct rule clone3 = {.syscall = SCMP_SYS(clone3), .error = ENOSYS};
  filter_rule(config, filter, &clone3);
  for (size_t i = 0; i < config->rule_count; i++)
    filter_rule(config, filter, &config->rules[i]);
  check_seccomp("seccomp", seccomp_load(filter));
  seccomp_release(filter);
}

int main(int argc, char **argv) {
  struct config config;
  set_defaults(&config);
  char **command = read_options(&config, argc, argv);
  enter_netns(&config);
  change_user(&config);
  forbid_dumps();
  forbid_new_privileges();
  restrict_files(&config);
  restrict_syscalls(&config);
  (void)execvp(command[0], command);
  err(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE, "execvp %s", command[0]);
}
