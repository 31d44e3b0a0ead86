// What a dump's datagrams are turned into by a fault; known to faults.c alone.
#pragma once

#include "faults.h"

#include <sys/socket.h>
#include <sys/types.h>

void datagrams_start(void);

// recvmsg(2) with that happening in its place; `fault` NULL: nothing.
ssize_t receive_datagram(int fd, struct msghdr *message, int flags, const struct fault *fault);
