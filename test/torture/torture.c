// Tortures the core as curl is tortured: counts the fallible calls of a read, then reads once for
// each of them and for each thing that can go wrong with it, with that one failing, and once more
// with all of its kind failing from there on; in each way through a sandbox, for the snapshot and
// for the lists of the preload library. Built with sanitizers, and run in a namespace that changes
// for nobody else.
//
// What a way denies is refused by the same wrappers. That real sandboxes refuse so, other tests
// show.

#include "block.h"
#include "faults.h"
#include "lists.h"
#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define MAX_CALLS 4096
#define MAX_COMPLAINTS 20
#define ALL_FAMILIES (~0u)

struct way {
  const char *name;
  unsigned sources;
  struct denial denial;
};

static const struct way ways[] = {
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
};
#define WAY_COUNT (sizeof(ways) / sizeof(*ways))

// The read that is going on.
static struct {
  const struct way *way;
  const struct fault *fault;
  bool persistent;
  const char *wrong;
  size_t faults;
  size_t complaints;
} run;

static void complain(const char *wrong) {
  if (run.wrong == NULL)
    run.wrong = wrong;
}

int __real_osh_snapshot_read(struct osh_snapshot *snapshot, unsigned sources);

// Judges each snapshot where it is made, also the one within a list.
int __wrap_osh_snapshot_read(struct osh_snapshot *snapshot, unsigned sources) {
  int result = __real_osh_snapshot_read(snapshot, sources & run.way->sources);
  bool was = faults_paused(true);
  complain(judge_snapshot(snapshot, result, run.fault));
  (void)faults_paused(was);
  return result;
}

static void read_snapshot(void) {
  struct osh_snapshot snapshot;
  (void)__wrap_osh_snapshot_read(&snapshot, OSH_SOURCES_ALL);
  osh_snapshot_free(&snapshot);
}

// By the preload library's own getifaddrs(), which is in this program and goes before libc's.
static void read_ifaddrs(void) {
  struct ifaddrs *list = NULL;
  errno = 0;
  int result = getifaddrs(&list);
  int error = errno;
  bool was = faults_paused(true);
  if (result == 0)
    complain(judge_ifaddrs(list));
  else if (error != EPERM && error != ENOSYS)
    complain("another errno than the native function's");
  (void)faults_paused(was);
  if (result == 0)
    freeifaddrs(list);
}

static void read_names(void) {
  static const char owner;
  struct if_nameindex *names = NULL;
  int error = osh_nameindex(&owner, &names);
  bool was = faults_paused(true);
  if ((error == 0) != (names != NULL) || error > 0)
    complain("an error and a list");
  if (names != NULL)
    complain(judge_names(names));
  (void)faults_paused(was);
  if (names != NULL)
    osh_block_free(names);
}

static const struct {
  const char *name;
  void (*read)(void);
} targets[] = {
    {"snapshot", read_snapshot}, {"getifaddrs", read_ifaddrs}, {"if_nameindex", read_names}};
#define TARGET_COUNT (sizeof(targets) / sizeof(*targets))

// Reads once, and returns how many calls there were.
static size_t read_once(void read(void), const struct fault *fault, size_t at, bool persistent) {
  long blocks = live_blocks();
  int descriptors = open_descriptors();
  run.wrong = NULL;
  run.fault = fault;
  run.persistent = persistent;
  faults_start(&run.way->denial, fault, at, persistent);
  read();
  size_t calls = faults_stop();
  if (live_blocks() != blocks)
    complain("memory is left");
  if (open_descriptors() != descriptors)
    complain("a descriptor is left");
  if (fault != NULL && !fault_happened())
    complain("the call was not made again");
  run.faults += fault != NULL;
  return calls;
}

static void report(const char *target, size_t at) {
  if (run.wrong == NULL || ++run.complaints > MAX_COMPLAINTS)
    return;
  (void)printf("# %s, %s: %s", run.way->name, target, run.wrong);
  if (run.fault != NULL)
    (void)printf(", with call %zu (%s) failing %s: %s, as %d", at, call_names[run.fault->call],
                 run.persistent ? "from there on" : "once", strerror(run.fault->error),
                 run.fault->how);
  (void)printf("\n");
}

// Where neither ioctl nor RTM_GETLINK tells of links, nobody is left to contradict an address
// message.
static bool undeniable(const struct fault *fault) {
  return fault->how == HOW_NO_LINK && run.way->denial.ioctls && run.way->denial.link_requests;
}

static void torture_call(size_t target, enum call call, size_t at) {
  for (size_t i = 0; i < fault_count; i++) {
    if (faults[i].call != call || undeniable(&faults[i]))
      continue;
    for (int persistent = 0; persistent < 2; persistent++) {
      (void)read_once(targets[target].read, &faults[i], at, persistent);
      report(targets[target].name, at);
    }
  }
}

// Returns whether all went well.
static bool torture(size_t target) {
  static enum call calls[MAX_CALLS];
  size_t faults_before = run.faults;
  run.complaints = 0;
  size_t count = read_once(targets[target].read, NULL, 0, false);
  report(targets[target].name, 0);
  if (count == 0 || count > MAX_CALLS)
    abort();
  for (size_t i = 0; i < count; i++)
    calls[i] = call_at(i);
  for (size_t i = 0; i < count; i++)
    torture_call(target, calls[i], i);
  (void)printf("%s - %s, %s: %zu calls, %zu faults\n", run.complaints == 0 ? "ok" : "not ok",
               run.way->name, targets[target].name, count, run.faults - faults_before);
  return run.complaints == 0;
}

int main(int argc, char **argv) {
  bool well = true;
  (void)setvbuf(stdout, NULL, _IOLBF, 0);
  run.way = &ways[0];
  truth_read();
  for (size_t i = 0; i < WAY_COUNT; i++) {
    run.way = &ways[i];
    for (size_t j = 0; j < TARGET_COUNT; j++)
      if (argc < 2 || strtoul(argv[1], NULL, 10) == i)
        well = torture(j) && well;
  }
  truth_free();
  (void)printf("# %zu faults injected\n1..%zu\n", run.faults,
               argc < 2 ? WAY_COUNT * TARGET_COUNT : TARGET_COUNT);
  return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
