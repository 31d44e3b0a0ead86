// Writes the answer to one rtnetlink dump, as the kernel sends it, to stdout. capture.sh runs it;
// what it wrote is kept in captures/, so that the tests know what they read on any machine.

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The sequence number that the captures bear.
#define SEQ 1
#define BUFFER_SIZE 32768

// Returns MNL_CB_STOP when the end of the dump was written, too.
static int copy_dump(const struct mnl_socket *socket) {
  static _Alignas(struct nlmsghdr) char buffer[BUFFER_SIZE];
  int more = MNL_CB_OK;
  while (more == MNL_CB_OK) {
    ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));
    if (length <= 0 || write(STDOUT_FILENO, buffer, (size_t)length) != length)
      return MNL_CB_ERROR;
    more = mnl_cb_run(buffer, (size_t)length, SEQ, 0, NULL, NULL);
  }
  return more;
}

int main(int argc, char **argv) {
  if (argc != 2 || (strcmp(argv[1], "links") != 0 && strcmp(argv[1], "addresses") != 0)) {
    (void)fprintf(stderr, "usage: %s links|addresses\n", argv[0]);
    return 2;
  }
  _Alignas(struct nlmsghdr) char request[NLMSG_SPACE(sizeof(struct ifinfomsg))] = {0};
  struct nlmsghdr *header = mnl_nlmsg_put_header(request);
  header->nlmsg_type = strcmp(argv[1], "links") == 0 ? RTM_GETLINK : RTM_GETADDR;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = SEQ;
  mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));

  struct mnl_socket *socket = mnl_socket_open(NETLINK_ROUTE);
  int failed = socket == NULL || mnl_socket_sendto(socket, header, header->nlmsg_len) < 0 ||
               copy_dump(socket) != MNL_CB_STOP;
  if (failed)
    perror(argv[0]);
  if (socket != NULL)
    mnl_socket_close(socket);
  return failed;
}
