// Files of /proc/net, read whole; see proc_net.h.

#include "proc_net.h"
#include "../core/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

// What seq_file returns from one read(2), more than a line of any of these files.
#define PAGE 4096
// As long as a line of any of these files can be: in dev, a name of 15 bytes and 16 counters of 20
// digits take 353 bytes. seq_file fills a page with whole lines, so a page that has room for
// another line, and ends with one, is the last. That saves a read(2), for which if6_seq_start()
// would walk its 256 hash buckets again.
#define LONGEST_LINE 512
// No signal interrupts these files, but a tracer or a broken kernel may return EINTR forever.
#define MAX_INTERRUPTIONS 64
// 64 MiB, or half a million addresses: more cannot come from the kernel.
#define MAX_SIZE (64u << 20)
// seq_file goes on after so many lines, not after the last one. If another line is added or removed
// between two pages, one that did not change is missing or there twice. Only an equal reading shows
// that this did not happen.
#define MAX_READINGS 4
// ipv6_route_native_seq_show(): where the number of references to the route begins and ends.
#define REFERENCES_BEGIN 114
#define REFERENCES_END 122

// /proc/thread-self/net is the calling thread's namespace (Linux 3.17), /proc/self/net the thread
// group leader's: for older kernels, and for policies that allow only /proc/PID/net.
struct paths {
  const char *thread;
  const char *leader;
  const char *open_call;
  const char *statfs_call;
  const char *read_call;
};

static const struct paths files[] = {
    [OSH_PROC_NET_DEV] = {"/proc/thread-self/net/dev", "/proc/self/net/dev", "open(/proc/net/dev)",
                          "fstatfs(/proc/net/dev)", "read(/proc/net/dev)"},
    [OSH_PROC_NET_IF_INET6] = {"/proc/thread-self/net/if_inet6", "/proc/self/net/if_inet6",
                               "open(/proc/net/if_inet6)", "fstatfs(/proc/net/if_inet6)",
                               "read(/proc/net/if_inet6)"},
    [OSH_PROC_NET_IPV6_ROUTE] = {"/proc/thread-self/net/ipv6_route", "/proc/self/net/ipv6_route",
                                 "open(/proc/net/ipv6_route)", "fstatfs(/proc/net/ipv6_route)",
                                 "read(/proc/net/ipv6_route)"},
    [OSH_PROC_NET_ROUTE] = {"/proc/thread-self/net/route", "/proc/self/net/route",
                            "open(/proc/net/route)", "fstatfs(/proc/net/route)",
                            "read(/proc/net/route)"},
};

// Sandboxes mount other files over these. A FIFO would block without O_NONBLOCK, and a terminal
// could become this process's without O_NOCTTY.
static int open_file(const struct paths *paths) {
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int fd = open(paths->thread, flags);
  if (fd < 0 && !osh_is_shortage(-errno))
    fd = open(paths->leader, flags);
  return fd < 0 ? -errno : fd;
}

enum file_system {
  FILE_SYSTEM_PROC,
  FILE_SYSTEM_OTHER,
  FILE_SYSTEM_UNKNOWN, // gVisor has no fstatfs(2) for these files, and a policy may refuse it
};

static enum file_system file_system_of(int fd) {
  // On 32-bit machines musl's struct statfs is larger than glibc's. Both begin with the type.
  union {
    struct statfs statfs;
    char room[256]; // cppcheck-suppress unusedStructMember
  } answer;
  if (fstatfs(fd, &answer.statfs) != 0)
    return FILE_SYSTEM_UNKNOWN;
  return answer.statfs.f_type == PROC_SUPER_MAGIC ? FILE_SYSTEM_PROC : FILE_SYSTEM_OTHER;
}

// Makes room for another page behind `length` bytes.
static int reserve_page(char **bytes, size_t *capacity, size_t length) {
  if (*capacity - length >= PAGE)
    return 0;
  size_t wanted = *capacity == 0 ? (size_t)2 * PAGE : *capacity * 2;
  if (wanted > MAX_SIZE)
    return -EFBIG;
  char *grown = realloc(*bytes, wanted);
  if (grown == NULL)
    return -ENOMEM;
  *bytes = grown;
  *capacity = wanted;
  return 0;
}

static bool is_last_page(const char *page, size_t length) {
  return length < PAGE - LONGEST_LINE && page[length - 1] == '\n';
}

// Sets `*pages` to how many there were.
static int read_all(int fd, char **bytes, size_t *length, size_t *pages) {
  size_t capacity = 0;
  int interruptions = 0;
  for (*pages = 0;;) {
    int error = reserve_page(bytes, &capacity, *length);
    if (error != 0)
      return error;
    char *page = *bytes + *length;
    ssize_t count = read(fd, page, capacity - *length);
    if (count == 0)
      return 0;
    if (count < 0 && (errno != EINTR || ++interruptions == MAX_INTERRUPTIONS))
      return -errno;
    if (count < 0)
      continue;
    *length += (size_t)count;
    ++*pages;
    if (is_last_page(page, (size_t)count))
      return 0;
  }
}

// The kernel's files are whole lines. An empty one proves nothing: /dev/null, too, is empty.
static bool has_whole_lines(const struct osh_contents *contents, enum file_system file_system) {
  const size_t length = contents->text.length;
  return length == 0 ? file_system == FILE_SYSTEM_PROC : contents->bytes[length - 1] == '\n';
}

static int read_open_file(int fd, const struct paths *paths, struct osh_contents *contents,
                          size_t *pages) {
  const enum file_system file_system = file_system_of(fd);
  contents->call = paths->statfs_call;
  if (file_system == FILE_SYSTEM_OTHER)
    return -EBADMSG;
  int error = read_all(fd, &contents->bytes, &contents->text.length, pages);
  contents->call = error == -ENOMEM ? "malloc" : paths->read_call;
  return error == 0 && !has_whole_lines(contents, file_system) ? -EBADMSG : error;
}

static int read_whole(enum osh_proc_net_file file, struct osh_contents *contents, size_t *pages) {
  *contents = (struct osh_contents){.call = files[file].open_call};
  int fd = open_file(&files[file]);
  if (fd < 0)
    return fd;
  int error = read_open_file(fd, &files[file], contents, pages);
  close(fd);
  if (error == 0) {
    contents->call = NULL;
    contents->text.bytes = contents->bytes;
    return 0;
  }
  free(contents->bytes);
  contents->bytes = NULL;
  contents->text.length = 0;
  return error;
}

// A part of a line.
struct range {
  size_t begin;
  size_t end;
};

static size_t minimum(size_t a, size_t b) {
  return a < b ? a : b;
}

// Returns where a line has counters, which may change at any time.
static struct range counters_in(enum osh_proc_net_file file, struct osh_text line) {
  const char *colon;
  switch (file) {
  case OSH_PROC_NET_DEV:
    colon = line.length == 0 ? NULL : memchr(line.bytes, ':', line.length);
    return (struct range){colon == NULL ? line.length : (size_t)(colon - line.bytes), line.length};
  case OSH_PROC_NET_IPV6_ROUTE:
    return (struct range){minimum(REFERENCES_BEGIN, line.length),
                          minimum(REFERENCES_END, line.length)};
  default:
    return (struct range){line.length, line.length};
  }
}

static bool lines_equal(enum osh_proc_net_file file, struct osh_text a, struct osh_text b) {
  const struct range in_a = counters_in(file, a);
  const struct range in_b = counters_in(file, b);
  return in_a.begin == in_b.begin && a.length - in_a.end == b.length - in_b.end &&
         memcmp(a.bytes, b.bytes, in_a.begin) == 0 &&
         memcmp(a.bytes + in_a.end, b.bytes + in_b.end, a.length - in_a.end) == 0;
}

static bool texts_equal(enum osh_proc_net_file file, struct osh_text a, struct osh_text b) {
  struct osh_text line;
  struct osh_text other;
  while (osh_next_line(&a, &line))
    if (!osh_next_line(&b, &other) || !lines_equal(file, line, other))
      return false;
  return !osh_next_line(&b, &other);
}

int osh_proc_net_read(enum osh_proc_net_file file, struct osh_contents *contents) {
  size_t pages;
  int error = read_whole(file, contents, &pages);
  contents->changed = error == 0 && pages > 1;
  for (int readings = 1; contents->changed && readings < MAX_READINGS; readings++) {
    struct osh_contents previous = *contents;
    error = read_whole(file, contents, &pages);
    contents->changed = error == 0 && !texts_equal(file, previous.text, contents->text);
    free(previous.bytes);
  }
  return error;
}

bool osh_next_line(struct osh_text *rest, struct osh_text *line) {
  const char *newline = rest->length == 0 ? NULL : memchr(rest->bytes, '\n', rest->length);
  if (newline == NULL)
    return false;
  line->bytes = rest->bytes;
  line->length = (size_t)(newline - rest->bytes);
  rest->bytes = newline + 1;
  rest->length -= line->length + 1;
  return true;
}
