// sources/procfs_infer.c over a scripted kernel: what routes say about the state of a link and
// about prefix lengths.

#include "answers.h"
#include "elements.h"

#include "sources/procfs_infer.h"

#include <errno.h>
#include <linux/if_addr.h>

#define ZEROS "00000000000000000000000000000000"
#define IPV6_ROUTE(flags, name)                                                                    \
  "fd000000000000000000000000000000 40 " ZEROS " 00 " ZEROS " 00000100 00000001 00000000 " flags   \
  " " name "\n"
// The subnet of a link that is up, and a local route, which one that is down has, too.
#define SUBNET(name) IPV6_ROUTE("00000001", name)
#define LOCAL(name) IPV6_ROUTE("80200001", name)

// Infers the flags of the link eth0, which has one address.
static struct osh_inference infer(const char *address, uint8_t facts, const char *routes,
                                  uint32_t *flags) {
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "eth0");
  add_address(&snapshot, 7, address, "")->facts = OSH_ADDRESS_PREFIX_KNOWN | facts;
  struct answers answers = {0};
  answer_file(&answers, routes);
  uint8_t *copy = start_script(&answers);
  struct osh_inference inference = osh_procfs_infer(&snapshot, true);
  end_script(copy);
  *flags = snapshot.links[0].flags;
  assert_int_equal(snapshot.links[0].facts & OSH_LINK_FLAGS_INFERRED, OSH_LINK_FLAGS_INFERRED);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_PROCFS].error, 0);
  osh_snapshot_free(&snapshot);
  return inference;
}

static void assert_state(const char *address, uint8_t facts, const char *routes, uint32_t expected,
                         bool is_doubtful) {
  uint32_t flags;
  assert_int_equal(infer(address, facts, routes, &flags).is_doubtful, is_doubtful);
  assert_int_equal(flags, expected);
}

static void test_routes_of_the_link(void **state) {
  (void)state;
  assert_state("fd00::1", 0, SUBNET("eth0"), IFF_UP | IFF_RUNNING, false);
  assert_state("fd00::1", OSH_ADDRESS_UNCHECKED, SUBNET("eth0"), IFF_UP | IFF_RUNNING, false);
}

// noprefixroute, or an address that the link had before it came up: nothing shows the state.
static void test_no_route_shows_the_state(void **state) {
  (void)state;
  assert_state("fd00::1", 0, LOCAL("eth0"), IFF_UP | IFF_RUNNING, false);
  assert_state("fd00::1", 0, SUBNET("eth1"), IFF_UP | IFF_RUNNING, false);
}

static void test_unchecked_on_a_link_without_subnets(void **state) {
  (void)state;
  assert_state("fd00::1", OSH_ADDRESS_UNCHECKED, LOCAL("eth0"), 0, false);
}

// The link may have been renamed since its name was read.
static void test_routes_of_another_link(void **state) {
  (void)state;
  assert_state("fd00::1", OSH_ADDRESS_UNCHECKED, SUBNET("eth1"), 0, true);
}

static void test_routes_of_no_link(void **state) {
  (void)state;
  assert_state("fd00::1", OSH_ADDRESS_UNCHECKED, SUBNET(""), 0, true);
}

// Then nothing shows the state.
static void test_ipv6_routes_in_another_format(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "eth0");
  add_address(&snapshot, 7, "fd00::1", "")->facts =
      OSH_ADDRESS_PREFIX_KNOWN | OSH_ADDRESS_UNCHECKED;
  struct answers answers = {0};
  answer_file(&answers, LOCAL("eth0") "frob\n");
  uint8_t *copy = start_script(&answers);
  (void)osh_procfs_infer(&snapshot, true);
  end_script(copy);
  assert_int_equal(snapshot.links[0].flags, IFF_UP | IFF_RUNNING);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_PROCFS].error, -EBADMSG);
  assert_string_equal(snapshot.attempts[OSH_SOURCE_PROCFS].call, "read(/proc/net/ipv6_route)");
  osh_snapshot_free(&snapshot);
}

// Without IPv6 addresses it has no IPv6 routes.
static void test_only_ipv4(void **state) {
  (void)state;
  assert_state("10.0.0.1", 0, SUBNET("eth1"), IFF_UP | IFF_RUNNING, false);
}

// The names that if_inet6 has, in readings of two pages each, of which the second line is given.
static void assert_names(const char *const lines[], size_t count, bool is_doubtful) {
  struct osh_snapshot snapshot = {.missing = OSH_FACT_LINKS};
  snapshot.attempts[OSH_SOURCE_RTNETLINK].provided = OSH_FACT_IPV4 | OSH_FACT_IPV6;
  add_link(&snapshot, 7, 0, "");
  add_address(&snapshot, 7, "fd00::1", "")->facts = OSH_ADDRESS_PREFIX_KNOWN;
  struct answers answers = {0};
  for (size_t i = 0; i < count; i++) {
    char text[256];
    const size_t length = (size_t)snprintf(
        text, sizeof(text), "fd000000000000000000000000000001 07 40 00 80 eth0\n%s", lines[i]);
    succeed(&answers, 0); // open
    answer_bytes(&answers, text, length - 1);
    answer_bytes(&answers, text + length - 1, 1);
  }
  answer_file(&answers, SUBNET("eth0"));
  uint8_t *copy = start_script(&answers);
  assert_int_equal(osh_procfs_infer(&snapshot, true).is_doubtful, is_doubtful);
  end_script(copy);
  assert_string_equal(snapshot.links[0].name, "eth0");
  osh_snapshot_free(&snapshot);
}

static void test_names(void **state) {
  (void)state;
  static const char *const lines[] = {
      "fd000000000000000000000000000002 07 40 00 80 eth0\n",
      "fd000000000000000000000000000003 07 40 00 80 eth0\n",
      "fd000000000000000000000000000004 07 40 00 80 eth0\n",
      "fd000000000000000000000000000005 07 40 00 80 eth0\n",
      "fd000000000000000000000000000005 07 40 00 80 eth0\n",
  };
  assert_names(lines + 3, 2, false);
  assert_names(lines, 4, true);
}

#define HEADING "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"

// Infers the prefix lengths of 10.0.17.1, which eth0 has twice.
static void assert_prefixes(const char *routes, int first, int second, int error) {
  struct osh_snapshot snapshot = {.has_duplicates = true};
  add_link(&snapshot, 7, OSH_LINK_NAME | OSH_LINK_FLAGS, "eth0");
  add_address(&snapshot, 7, "10.0.17.1", "eth0");
  add_address(&snapshot, 7, "10.0.17.1", "eth0");
  struct answers answers = {0};
  answer_file(&answers, routes);
  uint8_t *copy = start_script(&answers);
  assert_true(osh_procfs_infer(&snapshot, true).prefixes);
  end_script(copy);
  for (size_t i = 0; i < 2; i++)
    assert_int_equal(snapshot.addresses[i].facts, OSH_ADDRESS_PREFIX_INFERRED);
  assert_int_equal(snapshot.addresses[0].prefix_len, first);
  assert_int_equal(snapshot.addresses[1].prefix_len, second);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_PROCFS].error, error);
  osh_snapshot_free(&snapshot);
}

// The kernel writes both in this machine's byte order; gVisor writes the mask as a number whose
// lower bits are set.
static void add_route(char *routes, const char *destination, uint32_t mask) {
  (void)sprintf(routes + strlen(routes), "eth0\t%08X\t00000000\t0001\t0\t0\t0\t%08X\t0\t0\t0\n",
                inet_addr(destination), mask);
}

static void test_prefixes(void **state) {
  (void)state;
  char routes[1024] = HEADING;
  assert_prefixes(routes, 32, 32, 0);
  add_route(routes, "10.0.16.0", htonl(0xfffff000));
  assert_prefixes(routes, 20, 32, 0);
  // An address has a subnet once.
  add_route(routes, "10.0.0.0", htonl(0xffff0000));
  assert_prefixes(routes, 20, 16, 0);
}

static void test_prefixes_in_gvisor(void **state) {
  (void)state;
  char routes[1024] = HEADING;
  add_route(routes, "10.0.16.0", 0x000fffff);
  add_route(routes, "10.0.17.1", 0xffffffff); // its own address
  assert_prefixes(routes, 20, 32, 0);
}

static void test_routes_in_another_format(void **state) {
  (void)state;
  char routes[1024] = HEADING;
  add_route(routes, "10.0.16.0", htonl(0xfffff000));
  (void)sprintf(routes + strlen(routes), "frob\n");
  assert_prefixes(routes, 32, 32, -EBADMSG);
}

static void test_routes_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME | OSH_LINK_FLAGS, "eth0");
  add_address(&snapshot, 7, "10.0.0.1", "eth0");
  struct answers answers = {0};
  refuse(&answers, EMFILE);
  uint8_t *copy = start_script(&answers);
  (void)osh_procfs_infer(&snapshot, true);
  end_script(copy);
  assert_int_equal(snapshot.attempts[OSH_SOURCE_PROCFS].error, -EMFILE);
  assert_string_equal(snapshot.attempts[OSH_SOURCE_PROCFS].call, "open(/proc/net/route)");
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_routes_of_the_link),
    cmocka_unit_test(test_no_route_shows_the_state),
    cmocka_unit_test(test_unchecked_on_a_link_without_subnets),
    cmocka_unit_test(test_routes_of_another_link),
    cmocka_unit_test(test_routes_of_no_link),
    cmocka_unit_test(test_ipv6_routes_in_another_format),
    cmocka_unit_test(test_only_ipv4),
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_prefixes),
    cmocka_unit_test(test_prefixes_in_gvisor),
    cmocka_unit_test(test_routes_in_another_format),
    cmocka_unit_test(test_routes_refused),
};

RUN_TESTS(tests)
