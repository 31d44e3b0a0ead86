// Lets a supervisor stop this thread before each of its system calls that may be part of a read of
// the network interfaces.
#pragma once

// Installs the filter in the calling thread, and sends the descriptor of its notifications
// (seccomp_unotify(2)) over the UNIX socket. Returns 0 or a negative errno.
//
// Not stopped are readv(2), writev(2) and sendmsg(2), by which a reader and its supervisor talk.
int stop_before_calls(int socket);
