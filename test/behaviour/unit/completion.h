// Completes links over a scripted kernel, for the tests of kernel/netdevice.c.
#pragma once

#include "answers.h"
#include "elements.h"

#include "core/links.h"
#include "kernel/netdevice.h"

#include <net/if_arp.h>
#include <stdbool.h>
#include <unistd.h>

static const uint8_t hwaddr[] = {2, 3, 4, 5, 6, 7};

// The answers to SIOCGIFFLAGS and SIOCGIFHWADDR.
static inline void answer_facts(struct answers *answers, uint16_t flags, uint16_t type) {
  answer_short(answers, flags, NULL);
  answer_short(answers, type, hwaddr);
}

static inline void start_answers(struct answers *answers) {
  answers->length = 0;
  succeed(answers, 0); // socket
}

// A link was renamed or removed meanwhile.
#define CHANGED 1

// Returns the error of osh_netdevice_complete_links(), which must use up the answers; or CHANGED.
static inline int complete_links(struct osh_snapshot *snapshot, const struct answers *answers,
                                 const char **call) {
  *call = NULL;
  uint8_t *copy = start_script(answers);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool consistent = true;
  int error = osh_netdevice_complete_links(snapshot, fd, &consistent, call);
  close(fd);
  end_script(copy);
  return error == 0 && !consistent ? CHANGED : error;
}

// Completes link 7, named by /proc, with the name refused and `ifindex` found by it; 0: refused.
static inline struct osh_snapshot complete_without_name(int ifindex, bool details) {
  struct osh_snapshot snapshot = {.request.details = details};
  add_link(&snapshot, 7, OSH_LINK_NAME, "from-procfs");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  if (details)
    answer_int(&answers, 1500); // SIOCGIFMTU
  refuse(&answers, EACCES);     // SIOCGIFNAME
  if (ifindex != 0)
    answer_int(&answers, ifindex);
  else
    refuse(&answers, EPERM);
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), -EACCES);
  assert_string_equal(call, "ioctl(SIOCGIFNAME)");
  assert_int_equal(snapshot.link_count, 1);
  return snapshot;
}
