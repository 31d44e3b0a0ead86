/*
 * Starts a program in a sandbox like OpenShell's, for the tests.
 *
 * The steps and their order are OpenShell's: enter a network namespace, become an unprivileged
 * user, forbid core dumps and new privileges, hide the file system by Landlock, refuse system calls
 * by seccomp, exec. Options skip or change every step, so that a test can refuse exactly one call,
 * with the errno of the sandbox that it imitates; see options.c.
 */

#include "options.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Only the rights of Landlock's first version are handled, so that every kernel with Landlock
 * enforces the same rules.
 */
static const uint64_t handled_access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
static const uint64_t read_access =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t file_access =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;

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

/* As OpenShell does, although exec undoes it unless the program is unreadable. */
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
  /* Landlock refuses the rights of directories for a file. */
  if (!S_ISDIR(status.st_mode))
    rule.allowed_access &= file_access;
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
    err(EXIT_LAUNCHER, "landlock_add_rule %s", path->name);
  (void)close(fd);
}

/* Before Linux 5.13 the call is unknown. A later kernel may have been booted without Landlock. */
static bool is_landlock_missing(void) {
  return errno == ENOSYS || errno == EOPNOTSUPP;
}

static void restrict_files(const struct config *config) {
  if (config->landlock == NO_LANDLOCK)
    return;
  const struct landlock_ruleset_attr attributes = {.handled_access_fs = handled_access};
  const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
  if (ruleset < 0 && config->landlock == TRY_LANDLOCK && is_landlock_missing())
    return;
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

static uint32_t action_of(int error) {
  if (error == KILL)
    return SCMP_ACT_KILL_PROCESS;
  return error == SWALLOW ? SCMP_ACT_NOTIFY : SCMP_ACT_ERRNO((uint32_t)error);
}

static void filter_rule(const struct config *config, scmp_filter_ctx filter,
                        const struct rule *rule) {
  const int error = rule->error == ERRNO_OF_OPTION ? config->error : rule->error;
  check_seccomp("seccomp_rule_add", seccomp_rule_add_array(filter, action_of(error), rule->syscall,
                                                           rule->comparisons, &rule->comparison));
}

static _Noreturn void answer_calls(int listener) {
  for (;;) {
    struct seccomp_notif call = {0};
    /* It fails if the caller is killed meanwhile. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
      continue;
    const struct seccomp_notif_resp answer = {.id = call.id, .val = (int64_t)call.data.args[2]};
    (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

/*
 * Starts the process that answers the calls to swallow, until the command ends. It is the child,
 * so that the command has the launcher's process number.
 */
static void start_supervisor(int listener) {
  const pid_t command = getpid();
  const pid_t supervisor = fork();
  if (supervisor < 0)
    err(EXIT_LAUNCHER, "fork");
  if (supervisor > 0)
    return;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != command)
    _exit(EXIT_LAUNCHER);
  answer_calls(listener);
}

static void restrict_syscalls(const struct config *config) {
  if (config->rule_count == 0)
    return;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == NULL)
    err(EXIT_LAUNCHER, "seccomp_init");
  /* no_new_privs is a step of its own. With SYSRAWRC the errno is the system call's, not ECANCELED.
   */
  check_seccomp("seccomp_attr_set", seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0));
  check_seccomp("seccomp_attr_set", seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1));
  const struct rule clone3 = {.syscall = SCMP_SYS(clone3), .error = ENOSYS};
  filter_rule(config, filter, &clone3);
  for (size_t i = 0; i < config->rule_count; i++)
    filter_rule(config, filter, &config->rules[i]);
  check_seccomp("seccomp", seccomp_load(filter));
  const int listener = seccomp_notify_fd(filter);
  if (listener >= 0)
    start_supervisor(listener);
  seccomp_release(filter);
}

int main(int argc, char **argv) {
  struct config config;
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
