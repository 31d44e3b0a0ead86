/*
 * Holds lists of libc's and of the preload library's at once, and frees them in mixed order, in
 * another thread. The later ones are the library's, because a filter denies AF_NETLINK between. Run
 * it under valgrind(1), which detects wrong and missing frees. Prints how many lists are the
 * library's.
 */
#include <err.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pthread.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { EACH = 20, ALL = 2 * EACH };

static struct ifaddrs *lists[ALL];
static struct if_nameindex *names[ALL];

static void make(int from) {
  for (int i = from; i < from + EACH; i++) {
    if (getifaddrs(&lists[i]) != 0)
      err(EXIT_FAILURE, "getifaddrs");
    names[i] = if_nameindex();
    if (names[i] == NULL)
      err(EXIT_FAILURE, "if_nameindex");
  }
}

static void deny_netlink(void) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  const struct scmp_arg_cmp family = SCMP_A0(SCMP_CMP_EQ, AF_NETLINK);
  if (filter == NULL ||
      seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, &family) != 0)
    errx(EXIT_FAILURE, "seccomp_rule_add");
  if (seccomp_load(filter) != 0)
    errx(EXIT_FAILURE, "seccomp_load");
  seccomp_release(filter);
}

/* From the middle outwards, so that the kinds alternate. */
static void *free_all(void *unused) {
  for (int i = 0; i < EACH; i++) {
    freeifaddrs(lists[EACH - 1 - i]);
    if_freenameindex(names[EACH + i]);
    freeifaddrs(lists[EACH + i]);
    if_freenameindex(names[EACH - 1 - i]);
  }
  freeifaddrs(NULL);
  /* valgrind does not report as lost what a pointer still refers to. */
  memset(lists, 0, sizeof(lists));
  memset(names, 0, sizeof(names));
  return unused;
}

/* libc returns its lists as malloc() does, aligned for max_align_t. */
static int count_ours(void) {
  int ours = 0;
  for (int i = 0; i < ALL; i++)
    ours += (uintptr_t)lists[i] % _Alignof(max_align_t) != 0;
  return ours;
}

int main(void) {
  make(0);
  deny_netlink();
  make(EACH);
  (void)printf("%d of %d\n", count_ours(), ALL);
  pthread_t thread;
  if (pthread_create(&thread, NULL, free_all, NULL) != 0 || pthread_join(thread, NULL) != 0)
    errx(EXIT_FAILURE, "pthread_create");
  return EXIT_SUCCESS;
}
