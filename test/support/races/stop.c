// The filter of stop.h. Not by libseccomp: Debian has none for musl.

#include "stop.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint32_t stopped[] = {SYS_socket, SYS_socketpair, SYS_bind,  SYS_getsockname,
                                   SYS_sendto, SYS_recvmsg,    SYS_ioctl, SYS_setsockopt,
                                   SYS_openat, SYS_recvfrom,   SYS_read,  SYS_ppoll,
                                   SYS_close};
#define STOPPED (sizeof(stopped) / sizeof(*stopped))

static int send_descriptor(int socket, int fd) {
  char byte = 0;
  struct iovec iovec = {&byte, 1};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
  struct msghdr message = {.msg_iov = &iovec,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof(int));
  return sendmsg(socket, &message, 0) < 0 ? -errno : 0;
}

int stop_before_calls(int socket) {
  struct sock_filter code[2 * STOPPED + 2] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  for (size_t i = 0; i < STOPPED; i++) {
    code[2 * i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, stopped[i], 0, 1);
    code[2 * i + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  }
  code[2 * STOPPED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -errno;
  long listener =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  return listener < 0 ? -errno : send_descriptor(socket, (int)listener);
}
