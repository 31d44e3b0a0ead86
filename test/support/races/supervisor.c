// Applies one change of the network before each system call of a read in turn, and prints what the
// read returned.
//
//   supervisor FOLDER READER...
//
// The reader (lists.c, interfaces.js) inherits a socket as descriptor 3. For each byte it reads
// the interfaces once, and replies with a length in four bytes and that many bytes of lines. The
// filter of stop.h stops it before each call. FOLDER has two files of ip(8) commands for each
// change, NAME.do and NAME.undo. For each change this prints, each with its length and text:
//
//   before NAME, after NAME   what an undisturbed read returns without and with the change
//   result NAME K             of the read with the change before call K, if it is neither
//   again NAME 0              of an undisturbed read at the end
//   calls NAME N              before how many calls the change was made
//
// Exit status: 1 if the reader fails, or a change cannot be made or undone.

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READER_SOCKET 3
#define NEVER (-1)
// The first letter of links without addresses, which may lack a carrier: the other ends.
#define PEER 'p'
#define SETTLE_TRIES 2000
#define SETTLE_NS 1000000

struct text {
  char *bytes;
  size_t length;
};

struct reader {
  pid_t pid;
  int socket;
  int listener;
};

extern char **environ;

static bool texts_equal(struct text a, struct text b) {
  return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

static void run_ip(const char *folder, const char *name, const char *suffix) {
  char file[4096];
  (void)snprintf(file, sizeof(file), "%s/%s.%s", folder, name, suffix);
  char *const arguments[] = {"ip", "-batch", file, NULL};
  pid_t pid;
  int status;
  if (posix_spawnp(&pid, "ip", NULL, NULL, arguments, environ) != 0 ||
      waitpid(pid, &status, 0) != pid)
    err(EXIT_FAILURE, "ip");
  if (status != 0)
    errx(EXIT_FAILURE, "%s: ip(8) fails", file);
}

static bool has_link_without_carrier(void) {
  struct ifaddrs *list;
  bool found = false;
  if (getifaddrs(&list) != 0)
    err(EXIT_FAILURE, "getifaddrs");
  for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next)
    found = found || (entry->ifa_name[0] != PEER && (entry->ifa_flags & IFF_UP) &&
                      !(entry->ifa_flags & IFF_RUNNING));
  freeifaddrs(list);
  return found;
}

// The kernel reports a link's carrier some time after it was set up (linkwatch).
static void settle(void) {
  const struct timespec pause = {.tv_nsec = SETTLE_NS};
  for (int tries = 0; has_link_without_carrier(); tries++) {
    if (tries == SETTLE_TRIES)
      errx(EXIT_FAILURE, "a link has no carrier");
    (void)nanosleep(&pause, NULL);
  }
}

static int receive_descriptor(int socket) {
  char byte;
  struct iovec iovec = {&byte, 1};
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  struct msghdr message = {.msg_iov = &iovec,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
    errx(EXIT_FAILURE, "the reader did not send the descriptor of its notifications");
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
  return fd;
}

static struct reader start_reader(char **arguments) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    err(EXIT_FAILURE, "socketpair");
  pid_t pid = fork();
  if (pid < 0)
    err(EXIT_FAILURE, "fork");
  if (pid == 0) {
    if (dup2(pair[1], READER_SOCKET) >= 0)
      (void)execvp(arguments[0], arguments);
    err(EXIT_FAILURE, "%s", arguments[0]);
  }
  (void)close(pair[1]);
  return (struct reader){.pid = pid, .socket = pair[0], .listener = receive_descriptor(pair[0])};
}

static void receive(int socket, void *bytes, size_t size) {
  for (size_t got = 0; got < size;) {
    ssize_t count = recv(socket, (char *)bytes + got, size - got, 0);
    if (count <= 0)
      errx(EXIT_FAILURE, "the reader ended");
    got += (size_t)count;
  }
}

static struct text receive_text(int socket) {
  uint32_t size;
  receive(socket, &size, sizeof(size));
  struct text text = {.bytes = malloc(size + 1), .length = size};
  if (text.bytes == NULL)
    err(EXIT_FAILURE, "malloc");
  receive(socket, text.bytes, size);
  return text;
}

static void receive_notification(int listener, struct seccomp_notif *notification) {
  memset(notification, 0, sizeof(*notification));
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification) != 0)
    err(EXIT_FAILURE, "SECCOMP_IOCTL_NOTIF_RECV");
}

static void let_continue(int listener, uint64_t id) {
  struct seccomp_notif_resp response = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0)
    err(EXIT_FAILURE, "SECCOMP_IOCTL_NOTIF_SEND");
}

// A change that may be made during a read.
struct change {
  const char *folder;
  const char *name;
  bool made;
};

static void make(struct change *change) {
  run_ip(change->folder, change->name, change->made ? "undo" : "do");
  change->made = !change->made;
}

static void undo(struct change *change) {
  if (change->made)
    make(change);
  settle();
}

// One read, with the change before call number `at`, or NEVER. Sets `*calls`.
static struct text read_once(struct reader reader, struct change *change, int at, int *calls) {
  if (send(reader.socket, "", 1, MSG_NOSIGNAL) != 1)
    err(EXIT_FAILURE, "send");
  for (*calls = 0;; ++*calls) {
    struct pollfd ready[] = {{.fd = reader.listener, .events = POLLIN},
                             {.fd = reader.socket, .events = POLLIN}};
    if (poll(ready, 2, -1) < 0)
      err(EXIT_FAILURE, "poll");
    if (!(ready[0].revents & POLLIN))
      return receive_text(reader.socket);
    struct seccomp_notif notification;
    receive_notification(reader.listener, &notification);
    if (*calls == at)
      make(change);
    let_continue(reader.listener, notification.id);
  }
}

static void print(const char *what, const struct change *change, int number, struct text text) {
  (void)printf("%s %s %d %zu\n", what, change->name, number, text.length);
  (void)fwrite(text.bytes, 1, text.length, stdout);
}

// Makes the change before each call in turn.
static void try_each_call(struct reader reader, struct change *change, struct text before,
                          struct text after) {
  int at = 0;
  for (int calls = 1; at < calls; at++) {
    struct text result = read_once(reader, change, at, &calls);
    if (!texts_equal(result, before) && !texts_equal(result, after))
      print("result", change, at, result);
    free(result.bytes);
    undo(change);
  }
  print("calls", change, at, (struct text){0});
}

static void try_change(struct reader reader, struct change *change) {
  int calls;
  struct text before = read_once(reader, change, NEVER, &calls);
  make(change);
  settle();
  struct text after = read_once(reader, change, NEVER, &calls);
  undo(change);
  print("before", change, 0, before);
  print("after", change, 0, after);
  try_each_call(reader, change, before, after);
  struct text again = read_once(reader, change, NEVER, &calls);
  print("again", change, 0, again);
  free(before.bytes);
  free(after.bytes);
  free(again.bytes);
}

static int is_change(const struct dirent *entry) {
  const char *suffix = strrchr(entry->d_name, '.');
  return suffix != NULL && strcmp(suffix, ".do") == 0;
}

int main(int argc, char **argv) {
  if (argc < 3)
    errx(EXIT_FAILURE, "usage: supervisor FOLDER READER...");
  const char *folder = argv[1];
  struct reader reader = start_reader(argv + 2);
  struct dirent **entries;
  int count = scandir(folder, &entries, is_change, alphasort);
  if (count < 0)
    err(EXIT_FAILURE, "%s", folder);
  for (int i = 0; i < count; i++) {
    *strrchr(entries[i]->d_name, '.') = '\0';
    try_change(reader, &(struct change){folder, entries[i]->d_name, false});
    free(entries[i]);
  }
  free(entries);
  // Without a supervisor its calls fail, and Node does not end.
  if (kill(reader.pid, SIGKILL) != 0 || waitpid(reader.pid, NULL, 0) != reader.pid)
    err(EXIT_FAILURE, "the reader");
  return EXIT_SUCCESS;
}
