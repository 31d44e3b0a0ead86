// Tests the core as curl's torture tests do: counts the calls of a read that may fail, and then,
// for each call and each fault of it (faults.h), reads with that call failing, once with this call
// only and once with all of its kind from there on; in each mode of a sandbox, for snapshots and
// for the lists of the preload library. Built with sanitizers. Run it in a namespace that does not
// change.
//
// The same wrappers refuse what a mode denies. Other tests show that real sandboxes refuse so.

#include "expected.h"
#include "faults.h"
#include "preload/block.h"
#include "preload/lists.h"
#include "read.h"
#include "sources/rtnetlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define MAX_CALLS 4096
#define MAX_FINDINGS 20
#define ALL_FAMILIES (~0u)

// AddressSanitizer finds a use after free until so much more has been freed, which few reads do.
// With its default of 256 MiB every block is new to the caches, and that takes a third of the time.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "quarantine_size_mb=16";
}

struct mode {
  const char *name;
  unsigned sources;
  struct denial denial;
};

static const struct mode modes[] = {
    {"nothing denied", OSH_SOURCES_ALL, {0}},
    {"netlink denied", OSH_SOURCES_ALL, {.families = 1u << AF_NETLINK}},
    {"netlink and AF_INET denied", OSH_SOURCES_ALL, {.families = 1u << AF_NETLINK | 1u << AF_INET}},
    {"all but AF_UNIX denied", OSH_SOURCES_ALL, {.families = ~(1u << AF_UNIX)}},
    {"every socket denied", OSH_SOURCES_ALL, {.families = ALL_FAMILIES}},
    {"procfs only", OSH_SOURCES_ALL, {.families = ALL_FAMILIES, .socketpair = true}},
    {"ioctl only", OSH_SOURCE_BIT(OSH_SOURCE_IOCTL), {.families = 1u << AF_NETLINK}},
    {"no ioctl", OSH_SOURCES_ALL, {.ioctls = true}},
    {"no ioctl and no RTM_GETLINK", OSH_SOURCES_ALL, {.ioctls = true, .link_requests = true}},
    {"netlink denied, no names",
     OSH_SOURCES_ALL,
     {.families = 1u << AF_NETLINK, .ioctl = SIOCGIFNAME}},
    {"netlink denied, no hardware addresses",
     OSH_SOURCES_ALL,
     {.families = 1u << AF_NETLINK, .ioctl = SIOCGIFHWADDR}},
    // Nothing names the links, so the IPv6 addresses, which have no labels, are omitted.
    {"rtnetlink only, no ioctl and no RTM_GETLINK",
     OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK),
     {.ioctls = true, .link_requests = true}},
    {"netlink denied, no ifindex",
     OSH_SOURCES_ALL,
     {.families = 1u << AF_NETLINK, .ioctl = SIOCGIFINDEX}},
};
#define MODE_COUNT (sizeof(modes) / sizeof(*modes))

// The current read.
static struct {
  const struct mode *mode;
  const struct fault *fault;
  bool persistent;
  const char *wrong;
  size_t faults;
  size_t findings;
} run;

static void record_finding(const char *wrong) {
  if (run.wrong == NULL)
    run.wrong = wrong;
}

int __real_osh_read(struct osh_snapshot *snapshot, struct osh_request request);

// Checks every snapshot, also those that lists are made from.
int __wrap_osh_read(struct osh_snapshot *snapshot, struct osh_request request) {
  request.sources &= run.mode->sources;
  int result = __real_osh_read(snapshot, request);
  bool was = faults_paused(true);
  record_finding(check_snapshot(snapshot, result, run.fault));
  (void)faults_paused(was);
  return result;
}

static void read_snapshot(void) {
  struct osh_snapshot snapshot;
  (void)__wrap_osh_read(&snapshot, (struct osh_request){.sources = OSH_SOURCES_ALL});
  osh_snapshot_free(&snapshot);
}

// The preload library's getifaddrs(), which is linked into this program and precedes libc's.
static void read_ifaddrs(void) {
  struct ifaddrs *list = NULL;
  errno = 0;
  int result = getifaddrs(&list);
  int error = errno;
  bool was = faults_paused(true);
  if (result == 0)
    record_finding(check_ifaddrs(list));
  else if (error != EPERM && !osh_is_shortage(-error))
    record_finding("neither a shortage nor the native function's errno");
  (void)faults_paused(was);
  if (result == 0)
    freeifaddrs(list);
}

static void read_names(void) {
  struct if_nameindex *names = NULL;
  int error = osh_nameindex(OSH_SOURCES_ALL, &names);
  bool was = faults_paused(true);
  if ((error == 0) != (names != NULL) || error > 0)
    record_finding("an error and a list, or neither");
  if (names != NULL)
    record_finding(check_names(names));
  (void)faults_paused(was);
  if (names != NULL)
    osh_block_free(names);
}

static void probe(void) {
  struct osh_attempt attempt = {0};
  osh_rtnetlink_probe(&attempt);
  if (attempt.error > 0 || (attempt.error == 0) != (attempt.call == NULL))
    record_finding("a failure without its call, or a call without its failure");
  if (run.fault == NULL && (attempt.error == 0) != (run.mode->denial.families == 0))
    record_finding("another outcome than the mode's");
}

static const struct {
  const char *name;
  void (*read)(void);
} targets[] = {{"snapshot", read_snapshot},
               {"getifaddrs", read_ifaddrs},
               {"if_nameindex", read_names},
               {"probe", probe}};
#define TARGET_COUNT (sizeof(targets) / sizeof(*targets))

// if_nameindex() reads as getifaddrs() does, and a probe makes no ioctl, so not every mode repeats
// them.
static size_t targets_in(size_t mode) {
  return mode < 2 ? TARGET_COUNT : 2;
}

// Reads once. Returns how many calls that made.
static size_t read_once(void read(void), const struct fault *fault, size_t at, bool persistent) {
  long blocks = live_blocks();
  int descriptors = open_descriptors();
  run.wrong = NULL;
  run.fault = fault;
  run.persistent = persistent;
  faults_start(&run.mode->denial, fault, at, persistent);
  read();
  size_t calls = faults_stop();
  if (live_blocks() != blocks)
    record_finding("a memory leak");
  if (open_descriptors() != descriptors)
    record_finding("a descriptor leak");
  if (fault != NULL && !fault_happened())
    record_finding("the call was not made again");
  run.faults += fault != NULL;
  return calls;
}

static void report(const char *target, size_t at) {
  if (run.wrong == NULL || ++run.findings > MAX_FINDINGS)
    return;
  (void)printf("# %s, %s: %s", run.mode->name, target, run.wrong);
  if (run.fault != NULL)
    (void)printf(", with call %zu (%s) failing %s: %s, as %d", at, call_names[run.fault->call],
                 run.persistent ? "from there on" : "once", strerror(run.fault->error),
                 run.fault->how);
  (void)printf("\n");
}

// If neither ioctl nor RTM_GETLINK lists the links, nothing contradicts an address message.
static bool is_undetectable(const struct fault *fault) {
  return fault->how == HOW_NO_LINK && run.mode->denial.ioctls && run.mode->denial.link_requests;
}

static void torture_call(size_t target, enum call call, size_t at) {
  for (size_t i = 0; i < fault_count; i++) {
    if (faults[i].call != call || is_undetectable(&faults[i]))
      continue;
    // An endless dump never ends, so once is enough.
    const int variants = faults[i].how == HOW_ENDLESS ? 1 : 2;
    for (int persistent = 0; persistent < variants; persistent++) {
      (void)read_once(targets[target].read, &faults[i], at, persistent);
      report(targets[target].name, at);
    }
  }
}

// Returns whether nothing was found.
static bool torture(size_t target) {
  static enum call calls[MAX_CALLS];
  size_t faults_before = run.faults;
  run.findings = 0;
  size_t count = read_once(targets[target].read, NULL, 0, false);
  report(targets[target].name, 0);
  if (count == 0 || count > MAX_CALLS)
    abort();
  for (size_t i = 0; i < count; i++)
    calls[i] = call_at(i);
  for (size_t i = 0; i < count; i++)
    torture_call(target, calls[i], i);
  (void)printf("%s - %s, %s: %zu calls, %zu faults\n", run.findings == 0 ? "ok" : "not ok",
               run.mode->name, targets[target].name, count, run.faults - faults_before);
  return run.findings == 0;
}

int main(int argc, char **argv) {
  const bool one = argc > 1;
  const size_t first = one ? strtoul(argv[1], NULL, 10) : 0;
  const size_t end = one ? first + 1 : MODE_COUNT;
  if (first >= MODE_COUNT)
    return EXIT_FAILURE;
  bool passed = true;
  size_t count = 0;
  (void)setvbuf(stdout, NULL, _IOLBF, 0);
  run.mode = &modes[0];
  expected_read();
  for (size_t i = first; i < end; i++) {
    run.mode = &modes[i];
    for (size_t j = 0; j < targets_in(i); j++, count++)
      passed = torture(j) && passed;
  }
  expected_free();
  (void)printf("# %zu faults injected\n1..%zu\n", run.faults, count);
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
