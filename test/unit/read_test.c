// Whole reads over a scripted kernel (script.h): what no real one can be made to answer at will.
// Each of these was found by fuzz/read_fuzz.c or by the load test.

#include "unit.h"

#include "script.h"
#include "source.h"

#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define IOCTL OSH_SOURCE_BIT(OSH_SOURCE_IOCTL)
#define PROCFS OSH_SOURCE_BIT(OSH_SOURCE_PROCFS)

#define IF_INET6_LINE "20010db8000000000000000000000001 07 40 00 80 told-by-procfs\n"

struct answers {
  uint8_t bytes[1024];
  size_t length;
};

static void put(struct answers *answers, const void *bytes, size_t length) {
  assert_true(length <= sizeof(answers->bytes) - answers->length);
  memcpy(answers->bytes + answers->length, bytes, length);
  answers->length += length;
}

static void succeed(struct answers *answers, uint8_t how) {
  put(answers, &how, 1);
}

static void refuse(struct answers *answers, int error) {
  for (size_t i = 0; i < SCRIPT_ERRNO_COUNT; i++)
    if (script_errnos[i] == error)
      return succeed(answers, (uint8_t)(SCRIPT_REFUSED + i));
  fail_msg("errno %d is not among those of a script", error);
}

static void receive(struct answers *answers, const void *bytes, size_t length) {
  const uint8_t size[] = {(uint8_t)(length >> 8), (uint8_t)length};
  succeed(answers, 0);
  put(answers, size, sizeof(size));
  put(answers, bytes, length);
}

static void tell_file(struct answers *answers, const char *text) {
  succeed(answers, 0); // open
  receive(answers, text, strlen(text));
}

static void tell_name(struct answers *answers, const char *name) {
  char bytes[IFNAMSIZ] = {0};
  strncpy(bytes, name, sizeof(bytes) - 1);
  succeed(answers, 0);
  put(answers, bytes, sizeof(bytes));
}

// Flags and ifindex stand where the address family does, and a hardware address behind it.
static void tell_number(struct answers *answers, uint16_t number, const uint8_t *bytes) {
  struct sockaddr value = {.sa_family = number};
  if (bytes != NULL)
    memcpy(value.sa_data, bytes, 6);
  succeed(answers, 0);
  put(answers, &value, sizeof(value));
}

static void read_answers(struct osh_snapshot *snapshot, unsigned sources,
                         const struct answers *answers) {
  uint8_t *copy = exact_copy(answers->bytes, answers->length);
  script_start(copy, answers->length);
  assert_int_equal(osh_snapshot_read(snapshot, sources), 0);
  script_end();
  free(copy);
}

// A socket, and a list of no IPv4 addresses; an IPv6 one whose link is 7.
static void tell_ipv6_address(struct answers *answers) {
  succeed(answers, 0);
  receive(answers, "", 0); // SIOCGIFCONF
  tell_file(answers, IF_INET6_LINE);
}

static void test_no_ipv4_address(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);     // socket
  receive(&answers, "", 0); // SIOCGIFCONF
  receive(&answers, "", 0); // and again
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL, &answers);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.missing, OSH_FACT_IPV6);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_IOCTL].status, OSH_STATUS_ANSWERED);
  osh_snapshot_free(&snapshot);
}

static const struct osh_link *only_link(const struct osh_snapshot *snapshot) {
  assert_int_equal(snapshot->address_count, 1);
  assert_int_equal(snapshot->link_count, 1);
  return &snapshot->links[0];
}

static void assert_nothing_by_name(const struct osh_link *link) {
  static const uint8_t zeros[32] = {0};
  assert_int_equal(link->marks, OSH_LINK_NAME | OSH_LINK_INFERRED);
  assert_int_equal(link->flags & IFF_LOOPBACK, 0);
  assert_int_equal(link->type, 0);
  assert_int_equal(link->hwaddr_len, 0);
  assert_memory_equal(link->hwaddr, zeros, sizeof(zeros));
}

static const uint8_t hwaddr[] = {2, 3, 4, 5, 6, 7};

// The link that bore the name in if_inet6 is another one now, and then all is refused. Nothing of
// the other one may be left.
static void test_renamed_then_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  tell_ipv6_address(&answers);
  tell_number(&answers, IFF_UP | IFF_LOOPBACK, NULL);
  tell_number(&answers, ARPHRD_LOOPBACK, hwaddr);
  tell_name(&answers, "after");
  tell_name(&answers, "after");
  refuse(&answers, EPERM);
  refuse(&answers, EPERM);
  succeed(&answers, SCRIPT_ECHO);
  receive(&answers, "", 0); // SIOCGIFCONF
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL | PROCFS, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_string_equal(link->name, "after");
  assert_nothing_by_name(link);
  assert_string_equal(snapshot.attempts[OSH_SOURCE_IOCTL].call, "ioctl(SIOCGIFFLAGS)");
  osh_snapshot_free(&snapshot);
}

// Nor may it where the name itself is refused: it may have been another link's when it was asked
// about.
static void test_name_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  tell_ipv6_address(&answers);
  tell_number(&answers, IFF_UP | IFF_LOOPBACK, NULL);
  tell_number(&answers, ARPHRD_LOOPBACK, hwaddr);
  refuse(&answers, EACCES);
  refuse(&answers, EACCES);
  refuse(&answers, EPERM);
  refuse(&answers, EPERM);
  succeed(&answers, SCRIPT_ECHO);
  receive(&answers, "", 0); // SIOCGIFCONF
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL | PROCFS, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_string_equal(link->name, "told-by-procfs");
  assert_nothing_by_name(link);
  assert_string_equal(snapshot.attempts[OSH_SOURCE_IOCTL].call, "ioctl(SIOCGIFNAME)");
  assert_int_equal(snapshot.attempts[OSH_SOURCE_IOCTL].error, -EACCES);
  osh_snapshot_free(&snapshot);
}

// A link that had a short name in if_inet6 is renamed to one that fills its room but for the end.
static void test_renamed_to_long_name(void **state) {
  (void)state;
  struct answers answers = {0};
  tell_ipv6_address(&answers);
  tell_number(&answers, IFF_UP | IFF_RUNNING, NULL);
  tell_number(&answers, ARPHRD_NONE, NULL);
  tell_name(&answers, "fifteen-letters");
  tell_name(&answers, "fifteen-letters");
  tell_number(&answers, IFF_UP | IFF_RUNNING, NULL);
  tell_number(&answers, ARPHRD_NONE, NULL);
  succeed(&answers, SCRIPT_ECHO);
  receive(&answers, "", 0); // SIOCGIFCONF
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL | PROCFS, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(strnlen(link->name, IFNAMSIZ), 15);
  assert_string_equal(link->name, "fifteen-letters");
  osh_snapshot_free(&snapshot);
}

static void tell_list(struct answers *answers, const char *label) {
  struct ifreq entry = {0};
  strncpy(entry.ifr_name, label, sizeof(entry.ifr_name) - 1);
  const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
  memcpy(&entry.ifr_addr, &in, sizeof(in));
  receive(answers, &entry, sizeof(entry));
}

// A link was renamed after the list was told, and is called so again when it is told once more: the
// list is the same, and yet no link has been found by its label.
static void tell_gap(struct answers *answers, const char *label) {
  tell_list(answers, label);
  refuse(answers, ENODEV);
  tell_list(answers, label);
}

static void tell_whole(struct answers *answers, const char *label) {
  static const uint8_t netmask[] = {0, 0, 255, 255, 255, 0};
  tell_list(answers, label);
  tell_number(answers, 7, NULL);
  tell_number(answers, AF_INET, netmask);
  succeed(answers, SCRIPT_ECHO); // SIOCGIFADDR
  tell_number(answers, IFF_UP | IFF_RUNNING, NULL);
  tell_number(answers, ARPHRD_ETHER, hwaddr);
  tell_name(answers, label);
  tell_list(answers, label);
}

static void assert_whole(const struct answers *answers) {
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL, answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(link->ifindex, 7);
  assert_int_equal(link->marks, OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR);
  assert_int_equal(snapshot.addresses[0].prefix_len, 24);
  assert_int_equal(snapshot.addresses[0].marks, OSH_ADDRESS_PREFIX_KNOWN);
  assert_int_equal(snapshot.omission_count, 0);
  osh_snapshot_free(&snapshot);
}

static void test_renamed_there_and_back(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  tell_gap(&answers, "n4");
  tell_whole(&answers, "n4");
  assert_whole(&answers);
}

// The same, in a read that is the second one already, since the list had changed in the first.
static void test_renamed_there_and_back_later(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  tell_list(&answers, "n5");
  refuse(&answers, ENODEV);
  tell_list(&answers, "n4");
  tell_gap(&answers, "n4");
  tell_whole(&answers, "n4");
  assert_whole(&answers);
}

// A label that names no link will not name one however often it is asked about.
static void test_label_that_names_no_link(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  tell_gap(&answers, "frob");
  tell_gap(&answers, "frob");
  struct osh_snapshot snapshot;
  read_answers(&snapshot, IOCTL, &answers);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.omission_count, 1);
  assert_string_equal(snapshot.omissions[0].name, "frob");
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_ipv4_address),
    cmocka_unit_test(test_renamed_then_refused),
    cmocka_unit_test(test_name_refused),
    cmocka_unit_test(test_renamed_to_long_name),
    cmocka_unit_test(test_renamed_there_and_back),
    cmocka_unit_test(test_renamed_there_and_back_later),
    cmocka_unit_test(test_label_that_names_no_link),
};

RUN_TESTS(tests)
