// rtnetlink(7) as a source: an RTM_GETADDR dump for the addresses, and what their links are like by
// ioctl on the same descriptor; where that is refused, by an RTM_GETLINK dump.
//
// The socket is never bound: the kernel binds it at the first request (netlink_autobind()), which
// no policy refuses, while bind(2) is what Android's SELinux denies.

#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Under a storm of changes no dump is ever of one piece: then the last one has to do, as partial.
#define MAX_TRIES 4
// 2 GiB in full datagrams: far above any host, but not for ever.
#define MAX_DATAGRAMS 65536
// From so many on, a dump of the links costs less than three or four ioctls for each.
#define MANY_LINKS 32
// A dump's answer is there when sendto(2) returns. Only a kernel that is none lets one wait.
#define PATIENCE_MS 1000

struct request {
  uint16_t type;
  uint8_t family;
  const char *send_call;
  const char *receive_call;
};

static const struct request get_addresses = {RTM_GETADDR, AF_UNSPEC, "sendto(RTM_GETADDR)",
                                             "recvmsg(RTM_GETADDR)"};
static const struct request get_links = {RTM_GETLINK, AF_UNSPEC, "sendto(RTM_GETLINK)",
                                         "recvmsg(RTM_GETLINK)"};
// Of the links that have IPv6 (inet6_dump_ifinfo()): what we need and half of the rest, without
// RTNL.
static const struct request get_ipv6_links = {RTM_GETLINK, AF_INET6, "sendto(RTM_GETLINK)",
                                              "recvmsg(RTM_GETLINK)"};

static int send_request(const struct mnl_socket *socket, uint16_t type, uint8_t family,
                        uint32_t seq) {
  _Alignas(struct nlmsghdr) char bytes[NLMSG_SPACE(sizeof(struct ifinfomsg))] = {0};
  struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message->nlmsg_seq = seq;
  size_t size = type == RTM_GETADDR ? sizeof(struct ifaddrmsg) : sizeof(struct ifinfomsg);
  // Both begin with the family, as every rtnetlink request does (struct rtgenmsg).
  struct rtgenmsg *header = mnl_nlmsg_put_extra_header(message, size);
  header->rtgen_family = family;
  return mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ? -errno : 0;
}

int osh_rtnetlink_send(const struct mnl_socket *socket, uint16_t type, uint32_t seq) {
  return send_request(socket, type, AF_UNSPEC, seq);
}

static int wait_readable(int fd) {
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  int ready = poll(&poll_fd, 1, PATIENCE_MS);
  if (ready < 0 && errno != EINTR)
    return -errno;
  return ready == 0 ? -ETIMEDOUT : 0;
}

// mnl_socket_recvfrom() does not say who sent it, and a process with CAP_NET_ADMIN may send here,
// too.
static ssize_t receive(int fd, void *buffer) {
  for (int tries = 0; tries < MAX_DATAGRAMS; tries++) {
    struct sockaddr_nl sender = {0};
    struct iovec iovec = {.iov_base = buffer, .iov_len = OSH_NETLINK_BUFFER_SIZE};
    struct msghdr header = {
        .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &iovec, .msg_iovlen = 1};
    ssize_t length = recvmsg(fd, &header, MSG_DONTWAIT);
    if (length >= 0 && sender.nl_pid != 0)
      continue;
    if (length >= 0)
      return (header.msg_flags & MSG_TRUNC) ? -EMSGSIZE : length;
    int error = errno == EAGAIN ? wait_readable(fd) : errno == EINTR ? 0 : -errno;
    if (error != 0)
      return error;
  }
  return -ETIMEDOUT;
}

int osh_rtnetlink_receive(int fd, osh_datagram_fn *take, void *data) {
  char *buffer = malloc(OSH_NETLINK_BUFFER_SIZE);
  if (buffer == NULL)
    return -ENOMEM;
  int more = 1;
  for (int count = 0; more > 0; count++) {
    ssize_t length = count < MAX_DATAGRAMS ? receive(fd, buffer) : -EOVERFLOW;
    more = length < 0 ? (int)length : take(data, buffer, (size_t)length);
  }
  free(buffer);
  return more;
}

static int take_datagram(void *dump, const void *datagram, size_t length) {
  return osh_dump_take(dump, datagram, length);
}

// Asks for one dump and takes it. -EINTR: it was interrupted, but all of it was taken.
static int ask(const struct mnl_socket *socket, const struct request *request, uint32_t seq,
               struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  int error = send_request(socket, request->type, request->family, seq);
  if (error != 0)
    return osh_refused(attempt, request->send_call, error);
  struct osh_dump dump = {.snapshot = snapshot, .seq = seq};
  error = osh_rtnetlink_receive(mnl_socket_get_fd(socket), take_datagram, &dump);
  if (error != 0)
    return osh_refused(attempt, error == -ENOMEM ? "malloc" : request->receive_call, error);
  return dump.interrupted ? -EINTR : 0;
}

// Removes the links that a dump of all of them did not mention. True when there was one.
static bool forget_unknown_links(struct osh_snapshot *snapshot) {
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (snapshot->links[i].marks & OSH_LINK_NAME)
      snapshot->links[kept++] = snapshot->links[i];
  bool forgot = kept != snapshot->link_count;
  snapshot->link_count = kept;
  return forgot;
}

static int dump_links(const struct mnl_socket *socket, uint32_t seq, struct osh_snapshot *snapshot,
                      struct osh_attempt *attempt) {
  size_t mentioned = snapshot->link_count;
  int error = ask(socket, &get_links, seq, snapshot, attempt);
  if (error != 0 && error != -EINTR) {
    snapshot->link_count = mentioned;
    return error;
  }
  osh_sort_links(snapshot);
  return forget_unknown_links(snapshot) ? -ENODEV : error;
}

// Where there are many links a dump costs less of each than ioctls do. What it leaves out or
// refuses is up to them.
static int dump_many_links(const struct mnl_socket *socket, uint32_t seq,
                           struct osh_snapshot *snapshot) {
  if (snapshot->link_count < MANY_LINKS)
    return 0;
  struct osh_attempt ignored = {0};
  osh_sort_links(snapshot);
  return ask(socket, &get_ipv6_links, seq, snapshot, &ignored) == -EINTR ? -EINTR : 0;
}

// One picture: 0; -EINTR or -ENODEV when it may not be of one piece, so that asking again is
// better; or a refusal.
static int read_once(const struct mnl_socket *socket, uint32_t seq, struct osh_snapshot *snapshot,
                     struct osh_attempt *attempt) {
  int interrupted = ask(socket, &get_addresses, seq, snapshot, attempt);
  if (interrupted != 0 && interrupted != -EINTR)
    return interrupted;
  attempt->told |= OSH_FACT_IPV4 | OSH_FACT_IPV6;

  int torn = dump_many_links(socket, seq + 1, snapshot);
  interrupted = interrupted != 0 ? interrupted : torn;
  const char *ignored;
  int error = osh_links_complete(snapshot, mnl_socket_get_fd(socket), &ignored);
  if (error != 0 && error != -ENODEV)
    error = dump_links(socket, seq + 2, snapshot, attempt);
  if (error == 0 || error == -ENODEV || error == -EINTR)
    attempt->told |= OSH_FACT_LINKS;
  return error != 0 ? error : interrupted;
}

// Whether a label does not begin with its link's name.
static bool has_strange_labels(const struct osh_snapshot *snapshot) {
  size_t hint = 0;
  for (size_t i = 0; i < snapshot->address_count; i++) {
    const struct osh_address *address = &snapshot->addresses[i];
    if (address->name[0] == '\0')
      continue;
    const struct osh_link *link = osh_find_link(snapshot, address->ifindex, &hint);
    if (link != NULL && !osh_label_names(address->name, link))
      return true;
  }
  return false;
}

struct addresses {
  struct osh_address *entries;
  size_t count;
};

// A strange label may be one of yesterday, of a link that was renamed since the addresses were
// told: then the next picture has another one. Without the memory to compare, it has to do.
static bool is_settled(const struct osh_snapshot *snapshot, struct addresses *before) {
  if (!has_strange_labels(snapshot))
    return true;
  size_t size = snapshot->address_count * sizeof(*before->entries);
  if (before->entries != NULL && before->count == snapshot->address_count &&
      memcmp(before->entries, snapshot->addresses, size) == 0)
    return true;
  free(before->entries);
  before->entries = malloc(size);
  before->count = snapshot->address_count;
  if (before->entries != NULL)
    memcpy(before->entries, snapshot->addresses, size);
  return before->entries == NULL;
}

int osh_rtnetlink_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == NULL)
    return osh_refused(attempt, "socket(AF_NETLINK)", -errno);
  int error = -EINTR;
  struct addresses before = {0};
  for (uint32_t try = 0; try < MAX_TRIES && (error == -EINTR || error == -ENODEV); try++) {
    snapshot->address_count = 0;
    snapshot->link_count = 0;
    attempt->told = 0;
    error = read_once(socket, 1 + try * 3, snapshot, attempt);
    if (error == 0 && !is_settled(snapshot, &before))
      error = -EINTR;
  }
  free(before.entries);
  mnl_socket_close(socket);
  if (error == -EINTR)
    osh_refused(attempt, "recvmsg(RTM_GETADDR)", error);
  if (attempt->told == 0) {
    snapshot->address_count = 0;
    snapshot->link_count = 0;
    return error;
  }
  return 0;
}
