/*
 * filter ERRNO [route]: writes a BPF program for bwrap(1)'s --seccomp, under which
 * socket(AF_NETLINK) fails with that errno (a number): for every protocol, or with `route` for
 * every protocol but NETLINK_ROUTE.
 */

#include <err.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  bool but_route = argc == 3 && strcmp(argv[2], "route") == 0;
  if (argc != 2 && !but_route)
    errx(EXIT_FAILURE, "usage: filter ERRNO [route]");
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == NULL)
    errx(EXIT_FAILURE, "seccomp_init");
  uint32_t action = SCMP_ACT_ERRNO((uint32_t)strtoul(argv[1], NULL, 10));
  struct scmp_arg_cmp netlink = SCMP_A0_32(SCMP_CMP_EQ, AF_NETLINK);
  struct scmp_arg_cmp other = SCMP_A2_32(SCMP_CMP_NE, NETLINK_ROUTE);
  if (seccomp_rule_add(filter, action, SCMP_SYS(socket), but_route ? 2 : 1, netlink, other) != 0 ||
      seccomp_export_bpf(filter, STDOUT_FILENO) != 0)
    errx(EXIT_FAILURE, "the filter cannot be made");
  seccomp_release(filter);
  return EXIT_SUCCESS;
}
