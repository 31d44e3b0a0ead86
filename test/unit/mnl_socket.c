// The four socket functions of libmnl that the core uses, as its src/socket.c has them. The
// linker's
// --wrap does not reach into a shared library, so a test that answers system calls itself brings
// these along.

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct mnl_socket {
  int fd;
};

struct mnl_socket *mnl_socket_open2(int bus, int flags) {
  struct mnl_socket *self = calloc(1, sizeof(*self));
  if (self == NULL)
    return NULL;
  self->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
  if (self->fd < 0) {
    free(self);
    return NULL;
  }
  return self;
}

int mnl_socket_get_fd(const struct mnl_socket *self) {
  return self->fd;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *self, const void *bytes, size_t length) {
  static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  return sendto(self->fd, bytes, length, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

int mnl_socket_close(struct mnl_socket *self) {
  int result = close(self->fd);
  free(self);
  return result;
}
