// read.c over a scripted kernel that runs out of descriptors or memory: a read then reports
// nothing. read_memory_test.c does the same to allocations.

#include "answers.h"
#include "elements.h"

#include "read.h"

#include <net/if_arp.h>

#define IF_INET6_LINE "20010db8000000000000000000000001 07 40 00 80 eth0\n"

static const uint8_t hwaddr[] = {2, 3, 4, 5, 6, 7};

static int read_answers(struct osh_snapshot *snapshot, const struct answers *answers) {
  uint8_t *copy = start_script(answers);
  int error = osh_read(snapshot, (struct osh_request){.sources = OSH_SOURCES_ALL});
  end_script(copy);
  return error;
}

static void assert_nothing(const struct answers *answers, enum osh_source source, int error,
                           const char *call) {
  struct osh_snapshot snapshot;
  assert_int_equal(read_answers(&snapshot, answers), error);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.link_count, 0);
  assert_int_equal(snapshot.missing, OSH_FACT_LINKS | OSH_FACT_IPV4 | OSH_FACT_IPV6);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    assert_int_equal(snapshot.attempts[i].provided, 0);
  assert_int_equal(snapshot.attempts[source].error, error);
  assert_string_equal(snapshot.attempts[source].call, call);
  osh_snapshot_free(&snapshot);
}

// The address 10.0.0.1 on the link 7, and that link.
static void answer_address(struct answers *answers) {
  answer_ifconf(answers, "eth0", NULL);
  answer_ipv4(answers, "255.255.255.0"); // SIOCGIFNETMASK
  answer_ipv4(answers, "10.0.0.1");      // SIOCGIFADDR
  answer_short(answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(answers, ARPHRD_ETHER, hwaddr);
}

// Netlink is refused, and one descriptor is left: for the socket, and not for the file.
static void test_one_descriptor(void **state) {
  (void)state;
  struct answers answers = {0};
  refuse(&answers, EPERM);  // socket(AF_NETLINK)
  succeed(&answers, 0);     // socket(AF_INET)
  refuse(&answers, EMFILE); // open(/proc/thread-self/net/if_inet6)
  answer_ifconf(&answers, "eth0", NULL);
  answer_int(&answers, 7); // SIOCGIFINDEX
  answer_ipv4(&answers, "255.255.255.0");
  answer_ipv4(&answers, "10.0.0.1");
  answer_short(&answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  answer_name(&answers, "eth0");
  answer_ifconf(&answers, "eth0", NULL);
  assert_nothing(&answers, OSH_SOURCE_PROCFS, -EMFILE, "open(/proc/net/if_inet6)");
}

// A refusal before it does not hide a shortage.
static void test_no_socket(void **state) {
  (void)state;
  for (int i = 0; i < 3; i++) {
    const int error = (const int[]){EMFILE, ENOBUFS, ENOMEM}[i];
    struct answers answers = {0};
    refuse(&answers, EPERM); // socket(AF_NETLINK)
    refuse(&answers, EPERM); // socket(AF_INET)
    refuse(&answers, error); // socket(AF_INET6)
    refuse(&answers, error); // socket(AF_UNIX)
    refuse(&answers, error); // socketpair(AF_UNIX)
    answer_file(&answers, IF_INET6_LINE);
    answer_file(&answers, "");
    assert_nothing(&answers, OSH_SOURCE_IOCTL, -error, "socket(AF_INET6)");
  }
}

// What rtnetlink has no memory for, the other sources provide.
static void test_shortage_that_costs_nothing(void **state) {
  (void)state;
  struct answers answers = {0};
  refuse(&answers, ENOBUFS); // socket(AF_NETLINK)
  succeed(&answers, 0);      // socket(AF_INET)
  answer_file(&answers, IF_INET6_LINE);
  answer_address(&answers);
  answer_ifconf(&answers, "eth0", NULL);
  struct osh_snapshot snapshot;
  assert_int_equal(read_answers(&snapshot, &answers), 0);
  assert_int_equal(snapshot.address_count, 2);
  assert_int_equal(snapshot.missing, 0);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_RTNETLINK].error, -ENOBUFS);
  osh_snapshot_free(&snapshot);
}

// Here it costs what only rtnetlink knows: which of two equal addresses has which prefix length.
static void test_shortage_that_costs_certainty(void **state) {
  (void)state;
  struct ifreq entries[2];
  memset(entries, 0, sizeof(entries));
  struct answers answers = {0};
  refuse(&answers, ENOBUFS); // socket(AF_NETLINK)
  succeed(&answers, 0);      // socket(AF_INET)
  answer_file(&answers, IF_INET6_LINE);
  for (int i = 0; i < 2; i++) {
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000001)};
    memcpy(entries[i].ifr_name, "eth0", sizeof("eth0"));
    memcpy(&entries[i].ifr_addr, &in, sizeof(in));
  }
  answer_bytes(&answers, entries, sizeof(entries));
  for (int i = 0; i < 2; i++) {
    answer_ipv4(&answers, "255.255.255.0"); // SIOCGIFNETMASK
    answer_ipv4(&answers, "10.0.0.1");      // SIOCGIFADDR
  }
  answer_short(&answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  answer_file(&answers, "Iface\tDestination\tGateway\n");
  answer_short(&answers, IFF_UP | IFF_RUNNING, NULL); // is it still up?
  answer_bytes(&answers, entries, sizeof(entries));
  assert_nothing(&answers, OSH_SOURCE_RTNETLINK, -ENOBUFS, "socket(AF_NETLINK)");
}

// A filter may let socketpair(2) return 0 without having been made: no descriptor is ours.
static void test_socketpair_that_lies(void **state) {
  (void)state;
  struct answers answers = {0};
  for (int i = 0; i < 4; i++)
    refuse(&answers, EPERM); // socket
  succeed(&answers, SCRIPT_LIE);
  answer_file(&answers, IF_INET6_LINE);
  answer_file(&answers, "");
  struct osh_snapshot snapshot;
  assert_int_equal(read_answers(&snapshot, &answers), 0);
  assert_int_equal(snapshot.address_count, 1);
  assert_int_equal(snapshot.missing, OSH_FACT_LINKS | OSH_FACT_IPV4);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_one_descriptor),
    cmocka_unit_test(test_no_socket),
    cmocka_unit_test(test_shortage_that_costs_nothing),
    cmocka_unit_test(test_shortage_that_costs_certainty),
    cmocka_unit_test(test_socketpair_that_lies),
};

RUN_TESTS(tests)
