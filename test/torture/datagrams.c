// Turns the kernel's datagrams into those of a worse one. Knows netlink's headers and nothing of
// the core.

#include "datagrams.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUFFER_SIZE 32768
// One for each number that a request of a read may have: they count from 1.
#define FOREIGN_MESSAGES 16

static struct {
  _Alignas(struct nlmsghdr) char bytes[BUFFER_SIZE];
  size_t length; // 0: none is repeated
} endless;

void datagrams_start(void) {
  endless.length = 0;
}

static ssize_t receive(int fd, struct msghdr *message, int flags) {
  return syscall(SYS_recvmsg, fd, message, flags);
}

static void come_from(struct msghdr *message, uint32_t port) {
  const struct sockaddr_nl sender = {.nl_family = AF_NETLINK, .nl_pid = port};
  assert(message->msg_namelen >= sizeof(sender));
  memcpy(message->msg_name, &sender, sizeof(sender));
  message->msg_flags = 0;
}

// An address that is nowhere, from a process, or from the kernel in answer to another request.
static ssize_t tell_foreign(struct msghdr *message, uint32_t port, uint32_t first_seq) {
  struct {
    struct nlmsghdr header;
    struct ifaddrmsg address;
    struct rtattr attribute;
    char bytes[4];
  } foreign = {.header = {.nlmsg_len = sizeof(foreign), .nlmsg_type = RTM_NEWADDR},
               .address = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 1},
               .attribute = {.rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL},
               .bytes = {10, 66, 66, 66}};
  char *bytes = message->msg_iov->iov_base;
  for (uint32_t i = 0; i < FOREIGN_MESSAGES; i++) {
    foreign.header.nlmsg_seq = first_seq + i;
    memcpy(bytes + i * sizeof(foreign), &foreign, sizeof(foreign));
  }
  come_from(message, port);
  return FOREIGN_MESSAGES * sizeof(foreign);
}

// Calls `change` with each message.
static void each_message(char *bytes, size_t length, void change(struct nlmsghdr *)) {
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)(bytes + at);
    at += NLMSG_ALIGN(header->nlmsg_len);
    change(header);
  }
}

static void go_on(struct nlmsghdr *header) {
  if (header->nlmsg_type == NLMSG_DONE)
    header->nlmsg_type = NLMSG_NOOP;
}

static void unlink_address(struct nlmsghdr *header) {
  if (header->nlmsg_type == RTM_NEWADDR)
    ((struct ifaddrmsg *)NLMSG_DATA(header))->ifa_index = 999999;
}

// After the first message, unless that is the last, stands another end of the dump.
static ssize_t end_with(char *bytes, uint16_t type, int error) {
  struct nlmsghdr *first = (struct nlmsghdr *)(void *)bytes;
  size_t at = first->nlmsg_type == NLMSG_DONE ? 0 : NLMSG_ALIGN(first->nlmsg_len);
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
  } end = {.header = {.nlmsg_len = sizeof(end), .nlmsg_type = type, .nlmsg_seq = first->nlmsg_seq},
           .error = {.error = -error}};
  memcpy(bytes + at, &end, sizeof(end));
  return (ssize_t)(at + sizeof(end));
}

static ssize_t change(struct msghdr *message, size_t length, const struct fault *fault) {
  char *bytes = message->msg_iov->iov_base;
  struct nlmsghdr *first = (struct nlmsghdr *)(void *)bytes;
  switch (fault->how) {
  case HOW_SHORT:
    return (ssize_t)length - 3;
  case HOW_TRUNCATED:
    message->msg_flags |= MSG_TRUNC;
    return (ssize_t)NLMSG_ALIGN(first->nlmsg_len);
  case HOW_ENDLESS:
    each_message(bytes, length, go_on);
    memcpy(endless.bytes, bytes, length);
    endless.length = length;
    return (ssize_t)length;
  case HOW_ERROR:
    return end_with(bytes, NLMSG_ERROR, fault->error);
  case HOW_DONE_ERROR:
    return end_with(bytes, NLMSG_DONE, fault->error);
  case HOW_INTERRUPTED:
    first->nlmsg_flags |= NLM_F_DUMP_INTR;
    return (ssize_t)NLMSG_ALIGN(first->nlmsg_len);
  case HOW_NO_LINK:
    each_message(bytes, length, unlink_address);
    return (ssize_t)length;
  case HOW_GARBAGE:
    memset(bytes, 0xa5, length);
    return (ssize_t)length;
  case HOW_HUGE:
    first->nlmsg_len = 0x80000010u;
    return (ssize_t)length;
  default:
    assert(!"a fault of another call");
    return -1;
  }
}

ssize_t receive_datagram(int fd, struct msghdr *message, int flags, const struct fault *fault) {
  if (endless.length > 0) {
    memcpy(message->msg_iov->iov_base, endless.bytes, endless.length);
    come_from(message, 0);
    return (ssize_t)endless.length;
  }
  if (fault != NULL && fault->how == HOW_FOREIGN)
    return tell_foreign(message, 4711, 0);
  if (fault != NULL && fault->how == HOW_OTHER_SEQ)
    return tell_foreign(message, 0, 1000);
  if (fault != NULL && fault->how == HOW_EMPTY) {
    come_from(message, 0);
    return 0;
  }
  ssize_t length = receive(fd, message, flags);
  return length <= 0 || fault == NULL ? length : change(message, (size_t)length, fault);
}
