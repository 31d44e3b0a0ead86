// Receives a dump's datagrams, and changes them by a fault; for faults.c.
#pragma once

#include "faults.h"

#include <sys/socket.h>
#include <sys/types.h>

void datagrams_start(void);

// recvmsg(2), changed by a fault unless that is NULL.
ssize_t receive_datagram(int fd, struct msghdr *message, int flags, const struct fault *fault);
