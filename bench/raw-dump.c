// The dumps that getifaddrs(3) needs and no more: the links and the addresses, received by libmnl
// and not parsed.

#include "sample.h"

#include <err.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#define BUFFER_SIZE 32768 // the most that the kernel fills (netlink_dump())

static void dump(struct mnl_socket *socket, uint16_t type, uint32_t seq, char *buffer) {
  struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = seq;
  mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
  if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
    err(EXIT_FAILURE, "mnl_socket_sendto");
  // The end of a dump is a datagram of its own or the last message of one; libmnl recognises it.
  int more = MNL_CB_OK;
  while (more > MNL_CB_STOP) {
    ssize_t length = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);
    if (length < 0)
      err(EXIT_FAILURE, "mnl_socket_recvfrom");
    more = mnl_cb_run(buffer, (size_t)length, seq, mnl_socket_get_portid(socket), NULL, NULL);
  }
}

static void call(void) {
  static char buffer[BUFFER_SIZE];
  struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
    err(EXIT_FAILURE, "mnl_socket_open2");
  dump(socket, RTM_GETLINK, 1, buffer);
  dump(socket, RTM_GETADDR, 2, buffer);
  mnl_socket_close(socket);
}

int main(void) {
  return answer_samples(call);
}
