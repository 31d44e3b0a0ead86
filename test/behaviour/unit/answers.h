// Builds scripts (script.h) for the unit tests, answer by answer.
#pragma once

#include "unit.h"

#include "script.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>

struct answers {
  uint8_t bytes[32768];
  size_t length;
};

static inline void put_bytes(struct answers *answers, const void *bytes, size_t length) {
  assert_true(length <= sizeof(answers->bytes) - answers->length);
  if (length > 0)
    memcpy(answers->bytes + answers->length, bytes, length);
  answers->length += length;
}

// `bits`: of script.h, 0 for none.
static inline void succeed(struct answers *answers, uint8_t bits) {
  put_bytes(answers, &bits, 1);
}

static inline void refuse(struct answers *answers, int error) {
  for (size_t i = 0; i < SCRIPT_ERRNO_COUNT; i++)
    if (script_errnos[i] == error)
      return succeed(answers, (uint8_t)(SCRIPT_REFUSED + i));
  fail_msg("errno %d is not in script_errnos", error);
}

// For SIOCGIFCONF without a buffer.
static inline void answer_count(struct answers *answers, size_t length) {
  const uint8_t size[] = {(uint8_t)(length >> 8), (uint8_t)length};
  succeed(answers, 0);
  put_bytes(answers, size, sizeof(size));
}

// For read(2), recvmsg(2) and SIOCGIFCONF.
static inline void answer_bytes(struct answers *answers, const void *bytes, size_t length) {
  answer_count(answers, length);
  put_bytes(answers, bytes, length);
}

// For SIOCGIFCONF: 10.0.0.1 under the first label, and 10.0.0.2 under the second unless that is
// NULL.
static inline void answer_ifconf(struct answers *answers, const char *first, const char *second) {
  struct ifreq entries[2];
  const char *const labels[] = {first, second};
  const size_t count = second == NULL ? 1 : 2;
  memset(entries, 0, sizeof(entries));
  for (uint32_t i = 0; i < count; i++) {
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001 + i)};
    memcpy(entries[i].ifr_name, labels[i], strlen(labels[i]));
    memcpy(&entries[i].ifr_addr, &in, sizeof(in));
  }
  answer_bytes(answers, entries, count * sizeof(*entries));
}

// What /proc/net/dev begins with.
#define DEV_HEADING "Inter-| Receive | Transmit\n face |bytes\n"

// A file that one read(2) returns whole.
static inline void answer_file(struct answers *answers, const char *text) {
  succeed(answers, 0); // open
  answer_bytes(answers, text, strlen(text));
}

// For SIOCGIFNAME.
static inline void answer_name(struct answers *answers, const char *name) {
  char bytes[IFNAMSIZ] = {0};
  memcpy(bytes, name, strnlen(name, sizeof(bytes)));
  succeed(answers, 0);
  put_bytes(answers, bytes, sizeof(bytes));
}

// For SIOCGIFFLAGS, whose flags are where a socket address has its family, and SIOCGIFHWADDR, whose
// type is there. `hwaddr`: 6 bytes, or NULL.
static inline void answer_short(struct answers *answers, uint16_t number, const uint8_t *hwaddr) {
  struct sockaddr value = {.sa_family = number};
  if (hwaddr != NULL)
    memcpy(value.sa_data, hwaddr, 6);
  succeed(answers, 0);
  put_bytes(answers, &value, sizeof(value));
}

// For SIOCGIFINDEX and SIOCGIFMTU.
static inline void answer_int(struct answers *answers, int number) {
  char bytes[sizeof(struct sockaddr)] = {0};
  memcpy(bytes, &number, sizeof(number));
  succeed(answers, 0);
  put_bytes(answers, bytes, sizeof(bytes));
}

// For SIOCGIFADDR and its like.
static inline void answer_ipv4(struct answers *answers, const char *text) {
  const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(text)};
  succeed(answers, 0);
  put_bytes(answers, &in, sizeof(in));
}

// Starts a script of an exact copy of the answers, which end_script() frees.
static inline uint8_t *start_script(const struct answers *answers) {
  uint8_t *copy = exact_copy(answers->bytes, answers->length);
  script_start(copy, answers->length);
  return copy;
}

// Asserts that the calls took every answer, and made no more calls.
static inline void end_script(uint8_t *copy) {
  script_end();
  const size_t unused = script_unused();
  const size_t overrun = script_overrun();
  free(copy);
  if (unused != 0 || overrun != 0)
    fail_msg("%zu bytes unused, %zu calls too many", unused, overrun);
}
