// rtnetlink(7) as a source: an RTM_GETADDR dump for the addresses; and for their links ioctls on
// the same socket, which cost less, or an RTM_GETLINK dump.
//
// A read never binds its socket: the kernel binds it at the first request (netlink_autobind()),
// which no policy refuses. Android's SELinux refuses bind(2).

#include "rtnetlink.h"
#include "../core/links.h"
#include "../kernel/netdevice.h"
#include "rtnetlink_parse.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// The kernel fills at most 32 KiB of a datagram (netlink_dump()); a smaller buffer would truncate.
#define BUFFER_SIZE 32768
// 2 GiB in full datagrams: more than any host has. It ends a dump that would not end.
#define MAX_DATAGRAMS 65536
// For that many links, a dump costs less than three or four ioctls for each.
#define MANY_LINKS 32
// The kernel queues the reply before sendto(2) returns; only emulated kernels make us wait. The
// time is that of all replies together: a kernel that swallows one request swallows the next, too.
#define TIMEOUT_MS 500

struct netlink {
  int fd;
  int64_t deadline; // in milliseconds, see now_ms(); 0 before the first wait
};

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
// Lists the links that have IPv6, in messages of half the size, without RTNL (inet6_dump_ifinfo()).
static const struct request get_ipv6_links = {RTM_GETLINK, AF_INET6, "sendto(RTM_GETLINK)",
                                              "recvmsg(RTM_GETLINK)"};

// Returns a netlink socket, or -1 with the failure recorded.
static int open_netlink(struct osh_attempt *attempt) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0)
    osh_record_failure(attempt, "socket(AF_NETLINK)", -errno);
  return fd;
}

static int send_request(int fd, const struct request *request, uint32_t seq) {
  _Alignas(struct nlmsghdr) char bytes[NLMSG_SPACE(sizeof(struct ifinfomsg))] = {0};
  struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
  message->nlmsg_type = request->type;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message->nlmsg_seq = seq;
  size_t size = request->type == RTM_GETADDR ? sizeof(struct ifaddrmsg) : sizeof(struct ifinfomsg);
  // Both begin with the family, as every rtnetlink request does (struct rtgenmsg).
  struct rtgenmsg *header = mnl_nlmsg_put_extra_header(message, size);
  header->rtgen_family = request->family;
  const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  ssize_t sent =
      sendto(fd, message, message->nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
  if (sent < 0)
    return -errno;
  // Netlink sends all or nothing. A filter that returns 0 has swallowed the request (seccomp's
  // SECCOMP_RET_ERRNO without an errno): a reply would never come.
  return (size_t)sent < message->nlmsg_len ? -ETIMEDOUT : 0;
}

static int64_t now_ms(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Signals do not prolong the wait: a profiler sends one every millisecond.
static int wait_readable(struct netlink *netlink) {
  const int64_t now = now_ms();
  if (netlink->deadline == 0)
    netlink->deadline = now + TIMEOUT_MS;
  struct pollfd poll_fd = {.fd = netlink->fd, .events = POLLIN};
  int ready = now < netlink->deadline ? poll(&poll_fd, 1, (int)(netlink->deadline - now)) : 0;
  if (ready < 0 && errno != EINTR)
    return -errno;
  return ready == 0 ? -ETIMEDOUT : 0;
}

// Receives one datagram from the kernel: a process with CAP_NET_ADMIN may send to this socket, too.
static ssize_t receive_datagram(struct netlink *netlink, void *buffer) {
  for (int tries = 0; tries < MAX_DATAGRAMS; tries++) {
    struct sockaddr_nl sender = {0};
    struct iovec iovec = {.iov_base = buffer, .iov_len = BUFFER_SIZE};
    struct msghdr header = {
        .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &iovec, .msg_iovlen = 1};
    ssize_t length = recvmsg(netlink->fd, &header, MSG_DONTWAIT);
    if (length >= 0 && sender.nl_pid != 0)
      continue;
    if (length >= 0)
      return (header.msg_flags & MSG_TRUNC) ? -EMSGSIZE : length;
    int error = errno == EAGAIN ? wait_readable(netlink) : errno == EINTR ? 0 : -errno;
    if (error != 0)
      return error;
  }
  return -ETIMEDOUT;
}

static int receive_dump(struct netlink *netlink, struct osh_dump *dump) {
  char *buffer = malloc(BUFFER_SIZE);
  if (buffer == NULL)
    return -ENOMEM;
  int more = 1;
  for (int count = 0; more > 0; count++) {
    ssize_t length = count < MAX_DATAGRAMS ? receive_datagram(netlink, buffer) : -EOVERFLOW;
    more = length < 0 ? (int)length : osh_parse_datagram(dump, buffer, (size_t)length);
  }
  free(buffer);
  return more;
}

// Adds to the snapshot what one dump lists. Clears `*consistent` if the kernel says that a change
// interrupted the dump. Returns 0 or the failure, which it records.
static int read_dump(struct netlink *netlink, const struct request *request, uint32_t seq,
                     struct osh_snapshot *snapshot, bool *consistent, struct osh_attempt *attempt) {
  int error = send_request(netlink->fd, request, seq);
  if (error != 0) {
    osh_record_failure(attempt, request->send_call, error);
    return error;
  }
  struct osh_dump dump = {.snapshot = snapshot, .seq = seq};
  error = receive_dump(netlink, &dump);
  if (error != 0)
    osh_record_failure(attempt, error == -ENOMEM ? "malloc" : request->receive_call, error);
  *consistent &= !dump.interrupted;
  return error;
}

static void remove_unnamed_links(struct osh_snapshot *snapshot) {
  size_t kept = 0;
  for (size_t i = 0; i < snapshot->link_count; i++)
    if (snapshot->links[i].facts & OSH_LINK_NAME)
      snapshot->links[kept++] = snapshot->links[i];
  snapshot->link_count = kept;
}

// As read_dump(), for all links. Those that addresses made and that it does not list are gone.
static int read_all_links(struct netlink *netlink, uint32_t seq, struct osh_snapshot *snapshot,
                          bool *consistent, struct osh_attempt *attempt) {
  osh_sort_links(snapshot);
  const size_t count = snapshot->link_count;
  int error = read_dump(netlink, &get_links, seq, snapshot, consistent, attempt);
  if (error != 0) {
    snapshot->link_count = count;
    return error;
  }
  osh_sort_links(snapshot);
  remove_unnamed_links(snapshot);
  return 0;
}

// Completes the links that addresses are on. A dump finds a link whatever its name, and some
// policies refuse ioctls only.
static void read_address_links(struct netlink *netlink, struct osh_snapshot *snapshot,
                               bool *consistent, struct osh_attempt *attempt) {
  struct osh_attempt dumps = {0};
  osh_sort_links(snapshot);
  // Its messages have no details.
  if (snapshot->link_count >= MANY_LINKS && !snapshot->request.details)
    (void)read_dump(netlink, &get_ipv6_links, 2, snapshot, consistent, &dumps);

  const char *call;
  bool named = true;
  int error = osh_netdevice_complete_links(snapshot, netlink->fd, &named, &call);
  if ((error != 0 || !named) && read_all_links(netlink, 3, snapshot, consistent, &dumps) == 0) {
    error = 0;
    named = true;
  }
  if (error == 0)
    attempt->provided |= OSH_FACT_LINKS;
  // A wait is recorded even if nothing is lost: another read would wait again.
  if (error != 0 || dumps.error == -ETIMEDOUT)
    osh_record_failure(attempt, dumps.call, dumps.error);
  *consistent &= named;
}

static void read_links(struct netlink *netlink, struct osh_snapshot *snapshot, bool *consistent,
                       struct osh_attempt *attempt) {
  const bool whole = snapshot->request.all_links || snapshot->request.details;
  if (whole && read_all_links(netlink, 2, snapshot, consistent, attempt) == 0)
    attempt->provided |= attempt->requested & (OSH_FACT_LINKS | OSH_FACT_ALL_LINKS);
  else
    read_address_links(netlink, snapshot, consistent, attempt);
}

bool osh_rtnetlink_read(struct osh_snapshot *snapshot, struct osh_attempt *attempt) {
  const int *given = snapshot->request.netlink;
  struct netlink netlink = {.fd = given == NULL ? open_netlink(attempt) : *given};
  if (given == NULL && netlink.fd < 0)
    return true;
  bool consistent = true;
  if (read_dump(&netlink, &get_addresses, 1, snapshot, &consistent, attempt) == 0) {
    attempt->provided |= OSH_FACT_IPV4 | OSH_FACT_IPV6;
    read_links(&netlink, snapshot, &consistent, attempt);
  } else {
    osh_snapshot_clear(snapshot);
  }
  if (given == NULL)
    close(netlink.fd);
  return consistent;
}

// As __netlink_open() of glibc, but for the socket(2).
static int bind_socket(int fd, const char **call) {
  struct sockaddr_nl name = {.nl_family = AF_NETLINK};
  socklen_t length = sizeof(name);
  *call = "bind(AF_NETLINK)";
  int result = bind(fd, (const struct sockaddr *)&name, sizeof(name));
  if (result == 0) {
    *call = "getsockname(AF_NETLINK)";
    result = getsockname(fd, (struct sockaddr *)&name, &length);
  }
  // glibc waits forever for replies to this port. Without one, a filter has swallowed a call.
  if (result == 0 && name.nl_pid == 0)
    return -ETIMEDOUT;
  return result == 0 ? 0 : -errno;
}

void osh_rtnetlink_probe(struct osh_attempt *attempt) {
  struct netlink netlink = {.fd = open_netlink(attempt)};
  if (netlink.fd < 0)
    return;
  const char *call;
  bool consistent = true;
  struct osh_snapshot ignored = {0};
  int error = bind_socket(netlink.fd, &call);
  if (error != 0)
    osh_record_failure(attempt, call, error);
  else if (read_dump(&netlink, &get_links, 1, &ignored, &consistent, attempt) == 0)
    (void)read_dump(&netlink, &get_addresses, 2, &ignored, &consistent, attempt);
  osh_snapshot_free(&ignored);
  close(netlink.fd);
}
