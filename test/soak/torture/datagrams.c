// Changes the kernel's datagrams; see datagrams.h. Knows netlink's headers, and nothing of the
// core.

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
// One for each sequence number that a request may have: they count from 1.
#define FOREIGN_MESSAGES 16

// The datagram that HOW_ENDLESS repeats.
static struct {
  _Alignas(struct nlmsghdr) char bytes[BUFFER_SIZE];
  size_t length; // 0: none
} endless;

// How many datagrams HOW_INTERRUPTED has changed.
static size_t interruptions;

void datagrams_start(void) {
  endless.length = 0;
  interruptions = 0;
}

static ssize_t receive(int fd, struct msghdr *message, int flags) {
  return syscall(SYS_recvmsg, fd, message, flags);
}

static void set_sender(struct msghdr *message, uint32_t port) {
  const struct sockaddr_nl sender = {.nl_family = AF_NETLINK, .nl_pid = port};
  assert(message->msg_namelen >= sizeof(sender));
  memcpy(message->msg_name, &sender, sizeof(sender));
  message->msg_flags = 0;
}

// An address that does not exist, from a process, or from the kernel with another sequence number.
static ssize_t receive_foreign(struct msghdr *message, uint32_t port, uint32_t first_seq) {
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
  set_sender(message, port);
  return FOREIGN_MESSAGES * sizeof(foreign);
}

static void for_each_message(char *bytes, size_t length, void change(struct nlmsghdr *)) {
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)(bytes + at);
    at += NLMSG_ALIGN(header->nlmsg_len);
    change(header);
  }
}

static void remove_end(struct nlmsghdr *header) {
  if (header->nlmsg_type == NLMSG_DONE)
    header->nlmsg_type = NLMSG_NOOP;
}

static void change_link(struct nlmsghdr *header) {
  if (header->nlmsg_type == RTM_NEWADDR)
    ((struct ifaddrmsg *)NLMSG_DATA(header))->ifa_index = 999999;
}

// Ends the dump with an error after the first message, unless that is the end already.
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

// Keeps one message more in each datagram that it changes, so that no two reads are equal. Returns
// how many bytes remain.
static ssize_t interrupt(char *bytes, size_t length) {
  ((struct nlmsghdr *)(void *)bytes)->nlmsg_flags |= NLM_F_DUMP_INTR;
  size_t kept = 0;
  interruptions++;
  for (size_t i = 0; i < interruptions && kept + sizeof(struct nlmsghdr) <= length; i++)
    kept += NLMSG_ALIGN(((struct nlmsghdr *)(void *)(bytes + kept))->nlmsg_len);
  return (ssize_t)(kept < length ? kept : length);
}

static ssize_t change_datagram(struct msghdr *message, size_t length, const struct fault *fault) {
  char *bytes = message->msg_iov->iov_base;
  struct nlmsghdr *first = (struct nlmsghdr *)(void *)bytes;
  switch (fault->how) {
  case HOW_SHORT:
    return (ssize_t)length - 3;
  case HOW_TRUNCATED:
    message->msg_flags |= MSG_TRUNC;
    return (ssize_t)NLMSG_ALIGN(first->nlmsg_len);
  case HOW_ENDLESS:
    for_each_message(bytes, length, remove_end);
    memcpy(endless.bytes, bytes, length);
    endless.length = length;
    return (ssize_t)length;
  case HOW_ERROR:
    return end_with(bytes, NLMSG_ERROR, fault->error);
  case HOW_DONE_ERROR:
    return end_with(bytes, NLMSG_DONE, fault->error);
  case HOW_INTERRUPTED:
    return interrupt(bytes, length);
  case HOW_NO_LINK:
    for_each_message(bytes, length, change_link);
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
    set_sender(message, 0);
    return (ssize_t)endless.length;
  }
  if (fault != NULL && fault->how == HOW_FOREIGN)
    return receive_foreign(message, 4711, 0);
  if (fault != NULL && fault->how == HOW_OTHER_SEQ)
    return receive_foreign(message, 0, 1000);
  if (fault != NULL && fault->how == HOW_EMPTY) {
    set_sender(message, 0);
    return 0;
  }
  ssize_t length = receive(fd, message, flags);
  return length <= 0 || fault == NULL ? length : change_datagram(message, (size_t)length, fault);
}
