// read.c without memory: each allocation of a read fails, in turn. No address may be lost silently.

#include "answers.h"
#include "elements.h"
#include "message.h"

#include "read.h"

#include <net/if_arp.h>
#include <stdbool.h>

// Which allocation fails, counted from 1; 0: none. The linker replaces the core's calls (--wrap).
static struct {
  bool active;
  size_t failing;
  size_t count;
} allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);

// A call that has no memory takes no answer: the others do not fit any more.
static bool is_failing(void) {
  if (!allocations.active || ++allocations.count != allocations.failing)
    return false;
  script_abandon();
  return true;
}

void *__wrap_malloc(size_t size) {
  return is_failing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return is_failing() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
  return is_failing() ? NULL : __real_realloc(block, size);
}

// Reads with allocation number `failing` failing. Returns whether there was one.
static bool read_without_memory(struct osh_snapshot *snapshot, struct osh_request request,
                                const struct answers *answers, size_t failing, int *error) {
  uint8_t *copy = exact_copy(answers->bytes, answers->length);
  script_start(copy, answers->length);
  allocations.active = true;
  allocations.failing = failing;
  allocations.count = 0;
  *error = osh_read(snapshot, request);
  allocations.active = false;
  script_end();
  free(copy);
  return allocations.count >= failing;
}

static bool is_missing(const struct osh_snapshot *snapshot, int family) {
  return (snapshot->missing & (family == AF_INET ? OSH_FACT_IPV4 : OSH_FACT_IPV6)) != 0;
}

// An address on a link that no longer exists, in two equal passes.
static void answer_omitted_by_rtnetlink(struct answers *answers) {
  const int done = 0;
  struct message message;
  struct message end;
  start_address_message(&message, AF_INET, 24);
  add_attribute(&message, IFA_LOCAL, ipv4, sizeof(ipv4));
  start_message(&end, NLMSG_DONE, &done, sizeof(done));
  char datagram[256];
  const size_t length = header_of(&message)->nlmsg_len;
  memcpy(datagram, message.bytes, length);
  memcpy(datagram + length, end.bytes, header_of(&end)->nlmsg_len);
  for (int pass = 0; pass < 2; pass++) {
    succeed(answers, 0); // socket
    succeed(answers, 0); // sendto
    answer_bytes(answers, datagram, length + header_of(&end)->nlmsg_len);
    refuse(answers, ENODEV); // SIOCGIFNAME
    succeed(answers, 0);     // sendto
    answer_bytes(answers, end.bytes, header_of(&end)->nlmsg_len);
  }
}

// The address is omitted, or the read fails: mostly with -ENOMEM, or in the next pass, in which
// every call is refused.
static void test_omission_without_memory(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_omitted_by_rtnetlink(&answers);
  const struct osh_request request = {.sources = OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK)};
  size_t failing = 0;
  size_t failures = 0;
  for (bool failed = true; failed;) {
    struct osh_snapshot snapshot;
    int error;
    failed = read_without_memory(&snapshot, request, &answers, ++failing, &error);
    assert_int_equal(snapshot.address_count, 0);
    if (error == 0) {
      assert_int_equal(snapshot.omission_count, 1);
      assert_bytes_of(AF_INET, snapshot.omissions[0].bytes, "10.1.2.3");
    } else {
      failures += error == -ENOMEM;
      assert_true(is_missing(&snapshot, AF_INET) && is_missing(&snapshot, AF_INET6));
      assert_int_equal(snapshot.attempts[OSH_SOURCE_RTNETLINK].error, error);
      assert_int_equal(snapshot.attempts[OSH_SOURCE_RTNETLINK].provided, 0);
      assert_int_equal(snapshot.attempts[OSH_SOURCE_RTNETLINK].status,
                       error == -ENOMEM ? OSH_STATUS_FAILED : OSH_STATUS_DENIED);
    }
    osh_snapshot_free(&snapshot);
  }
  // Among others: the socket, the buffer, the address, its link, and the omission.
  assert_true(failing > 5 && failures >= 4);
}

// A label that names no link, in two equal passes, beside an address that is located.
static void answer_omitted_by_ioctl(struct answers *answers) {
  for (int pass = 0; pass < 2; pass++) {
    succeed(answers, 0); // socket
    answer_ifconf(answers, "eth0", "none");
    answer_int(answers, 7);                // SIOCGIFINDEX
    answer_ipv4(answers, "255.255.255.0"); // SIOCGIFNETMASK
    succeed(answers, SCRIPT_ECHO);         // SIOCGIFADDR
    refuse(answers, ENODEV);               // SIOCGIFINDEX of none
    refuse(answers, EPERM);                // socket, to search for it
    answer_short(answers, IFF_UP, NULL);
    answer_short(answers, ARPHRD_ETHER, NULL);
    succeed(answers, SCRIPT_ECHO); // SIOCGIFNAME
    answer_ifconf(answers, "eth0", "none");
  }
}

static bool has_all(const struct osh_snapshot *snapshot) {
  return snapshot->address_count == 1 && snapshot->omission_count == 1;
}

static void test_ioctl_without_memory(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_omitted_by_ioctl(&answers);
  const struct osh_request request = {.sources = OSH_SOURCE_BIT(OSH_SOURCE_IOCTL)};
  size_t failing = 0;
  size_t failures = 0;
  for (bool failed = true; failed;) {
    struct osh_snapshot snapshot;
    int error;
    failed = read_without_memory(&snapshot, request, &answers, ++failing, &error);
    if (error == 0) {
      assert_true(has_all(&snapshot));
    } else {
      failures += error == -ENOMEM;
      assert_true(is_missing(&snapshot, AF_INET));
      assert_int_equal(snapshot.address_count, 0);
      assert_true(error != -ENOMEM ||
                  strcmp(snapshot.attempts[OSH_SOURCE_IOCTL].call, "malloc") == 0);
    }
    osh_snapshot_free(&snapshot);
  }
  assert_true(failing > 5 && failures >= 4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_omission_without_memory),
    cmocka_unit_test(test_ioctl_without_memory),
};

RUN_TESTS(tests)
