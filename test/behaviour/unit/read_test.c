// read.c over a scripted kernel (script.h): whole reads that no real kernel can be made to repeat.
// soak/fuzz/read_fuzz.c and the load test found most of them. rtnetlink_test.c covers rtnetlink.

#include "answers.h"
#include "elements.h"

#include "core/addresses.h"
#include "read.h"

#include <net/if_arp.h>
#include <stdbool.h>

#define IOCTL OSH_SOURCE_BIT(OSH_SOURCE_IOCTL)
#define PROCFS OSH_SOURCE_BIT(OSH_SOURCE_PROCFS)
#define ALL_FACTS (OSH_FACT_LINKS | OSH_FACT_IPV4 | OSH_FACT_IPV6)
#define COMPLETE (OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR)

#define IF_INET6_LINE "20010db8000000000000000000000001 07 40 00 80 from-procfs\n"

static const uint8_t hwaddr[] = {2, 3, 4, 5, 6, 7};

static void read_answers(struct osh_snapshot *snapshot, struct osh_request request,
                         const struct answers *answers) {
  uint8_t *copy = start_script(answers);
  int error = osh_read(snapshot, request);
  end_script(copy);
  assert_int_equal(error, 0);
}

// A socket, an IPv6 address whose link is 7, and an empty list of IPv4 addresses.
static void answer_ipv6_address(struct answers *answers) {
  succeed(answers, 0); // socket
  answer_file(answers, IF_INET6_LINE);
  answer_bytes(answers, "", 0); // SIOCGIFCONF
}

// The routes that flags are inferred from, and the list once more.
static void answer_end_without_routes(struct answers *answers) {
  refuse(answers, EPERM);       // open(/proc/thread-self/net/ipv6_route)
  refuse(answers, EPERM);       // open(/proc/self/net/ipv6_route)
  answer_bytes(answers, "", 0); // SIOCGIFCONF
}

static const struct osh_link *only_link(const struct osh_snapshot *snapshot) {
  assert_int_equal(snapshot->address_count, 1);
  assert_int_equal(snapshot->link_count, 1);
  return &snapshot->links[0];
}

static void assert_attempt(const struct osh_snapshot *snapshot, enum osh_source source,
                           enum osh_status status, int error, const char *call) {
  const struct osh_attempt *attempt = &snapshot->attempts[source];
  assert_int_equal(attempt->status, status);
  assert_int_equal(attempt->error, error);
  if (call == NULL)
    assert_null(attempt->call);
  else
    assert_string_equal(attempt->call, call);
}

static void test_no_source(void **state) {
  (void)state;
  struct osh_snapshot snapshot;
  const struct osh_request unknown = {.sources = OSH_SOURCE_BIT(OSH_SOURCE_COUNT)};
  assert_int_equal(osh_read(&snapshot, unknown), -EINVAL);
  osh_snapshot_free(&snapshot);
  assert_int_equal(osh_read(&snapshot, (struct osh_request){0}), -EINVAL);
  assert_int_equal(snapshot.missing, ALL_FACTS);
  assert_int_equal(snapshot.address_count, 0);
  for (int i = 0; i < OSH_SOURCE_COUNT; i++)
    assert_int_equal(snapshot.attempts[i].status, OSH_STATUS_SKIPPED);
  osh_snapshot_free(&snapshot);
}

// The real kernel, by every set of sources and with every request.
static void test_this_namespace(void **state) {
  (void)state;
  for (unsigned bits = 4; bits <= (OSH_SOURCES_ALL << 2 | 3); bits++) {
    struct osh_snapshot snapshot;
    const struct osh_request request = {
        .sources = bits >> 2, .all_links = bits & 1, .details = bits & 2};
    assert_int_equal(osh_read(&snapshot, request), 0);
    for (size_t i = 0; i < snapshot.address_count; i++) {
      const struct osh_address *address = &snapshot.addresses[i];
      assert_true(address->link < snapshot.link_count);
      assert_int_equal(snapshot.links[address->link].ifindex, address->ifindex);
    }
    if (!request.details)
      assert_int_equal(snapshot.link_details_count + snapshot.address_details_count +
                           snapshot.alternative_name_count,
                       0);
    osh_snapshot_free(&snapshot);
  }
}

static void test_no_ipv4_address(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);          // socket
  answer_bytes(&answers, "", 0); // SIOCGIFCONF
  answer_bytes(&answers, "", 0); // and again
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL}, &answers);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.missing, OSH_FACT_IPV6);
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_ANSWERED, 0, NULL);
  osh_snapshot_free(&snapshot);
}

static void assert_no_facts_by_name(const struct osh_link *link) {
  static const uint8_t zeros[32] = {0};
  assert_int_equal(link->facts, OSH_LINK_NAME | OSH_LINK_FLAGS_INFERRED);
  assert_int_equal(link->flags & IFF_LOOPBACK, 0);
  assert_int_equal(link->type, 0);
  assert_int_equal(link->hwaddr_len, 0);
  assert_memory_equal(link->hwaddr, zeros, sizeof(zeros));
}

// Another link has the name that if_inet6 reported, and then every request is refused: nothing of
// the other link may remain.
static void test_renamed_then_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_ipv6_address(&answers);
  answer_short(&answers, IFF_UP | IFF_LOOPBACK, NULL);
  answer_short(&answers, ARPHRD_LOOPBACK, hwaddr);
  answer_name(&answers, "after");
  refuse(&answers, EPERM); // SIOCGIFFLAGS
  refuse(&answers, EPERM); // SIOCGIFHWADDR
  answer_name(&answers, "after");
  answer_end_without_routes(&answers);
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL | PROCFS}, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_string_equal(link->name, "after");
  assert_no_facts_by_name(link);
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_PARTIAL, -EPERM, "ioctl(SIOCGIFFLAGS)");
  osh_snapshot_free(&snapshot);
}

// Nor may it if the name is refused: another link may have had it when it was asked about.
static void test_name_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_ipv6_address(&answers);
  answer_short(&answers, IFF_UP | IFF_LOOPBACK, NULL);
  answer_short(&answers, ARPHRD_LOOPBACK, hwaddr);
  refuse(&answers, EACCES); // SIOCGIFNAME
  answer_int(&answers, 8);  // SIOCGIFINDEX
  answer_end_without_routes(&answers);
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL | PROCFS}, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_string_equal(link->name, "from-procfs");
  assert_no_facts_by_name(link);
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_PARTIAL, -EACCES, "ioctl(SIOCGIFNAME)");
  osh_snapshot_free(&snapshot);
}

// The ifindex verifies the name that if_inet6 reported, and the facts remain.
static void test_name_refused_and_verified(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_ipv6_address(&answers);
  answer_short(&answers, IFF_UP, NULL);
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  refuse(&answers, EACCES);       // SIOCGIFNAME
  succeed(&answers, SCRIPT_ECHO); // SIOCGIFINDEX
  answer_bytes(&answers, "", 0);  // SIOCGIFCONF
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL | PROCFS}, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(link->facts, COMPLETE);
  assert_int_equal(link->flags, IFF_UP);
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_PARTIAL, -EACCES, "ioctl(SIOCGIFNAME)");
  osh_snapshot_free(&snapshot);
}

// A link with a short name in if_inet6 is renamed to one of the greatest length.
static void test_renamed_to_long_name(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_ipv6_address(&answers);
  answer_short(&answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(&answers, ARPHRD_NONE, NULL);
  answer_name(&answers, "fifteen-letters");
  answer_short(&answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(&answers, ARPHRD_NONE, NULL);
  answer_name(&answers, "fifteen-letters");
  answer_bytes(&answers, "", 0); // SIOCGIFCONF
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL | PROCFS}, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(strnlen(link->name, IFNAMSIZ), 15);
  assert_string_equal(link->name, "fifteen-letters");
  osh_snapshot_free(&snapshot);
}

// A pass during which the label names no link, while the list stays the same.
static void answer_gap(struct answers *answers, const char *label) {
  succeed(answers, 0); // socket
  answer_ifconf(answers, label, NULL);
  refuse(answers, ENODEV); // SIOCGIFINDEX
  answer_ifconf(answers, label, NULL);
}

// A pass during which nothing changes, but that the list may be another one at the end.
static void answer_whole(struct answers *answers, const char *label, const char *last_label) {
  succeed(answers, 0); // socket
  answer_ifconf(answers, label, NULL);
  answer_int(answers, 7);                // SIOCGIFINDEX
  answer_ipv4(answers, "255.255.255.0"); // SIOCGIFNETMASK
  succeed(answers, SCRIPT_ECHO);         // SIOCGIFADDR
  answer_short(answers, IFF_UP | IFF_RUNNING, NULL);
  answer_short(answers, ARPHRD_ETHER, hwaddr);
  answer_name(answers, label);
  answer_ifconf(answers, last_label, NULL);
}

static void assert_whole(const struct answers *answers, const char *label) {
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL}, answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(link->ifindex, 7);
  assert_int_equal(link->facts, COMPLETE);
  assert_string_equal(snapshot.addresses[0].label, label);
  assert_int_equal(snapshot.addresses[0].prefix_len, 24);
  assert_int_equal(snapshot.addresses[0].facts, OSH_ADDRESS_PREFIX_KNOWN);
  assert_int_equal(snapshot.omission_count, 0);
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_ANSWERED, 0, NULL);
  osh_snapshot_free(&snapshot);
}

static void test_nothing_changes(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_whole(&answers, "n4", "n4");
  assert_whole(&answers, "n4");
}

// A link is renamed after the list was read, and back before it is read again.
static void test_renamed_there_and_back(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_gap(&answers, "n4");
  answer_whole(&answers, "n4", "n4");
  assert_whole(&answers, "n4");
}

// The same in the second pass; the list changed during the first.
static void test_renamed_there_and_back_later(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_ifconf(&answers, "n5", NULL);
  refuse(&answers, ENODEV); // SIOCGIFINDEX
  answer_ifconf(&answers, "n4", NULL);
  answer_gap(&answers, "n4");
  answer_whole(&answers, "n4", "n4");
  assert_whole(&answers, "n4");
}

// Lists that differ are a change, even if the next pass finds the same.
static void test_equal_results_do_not_hide_a_change(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_whole(&answers, "n4", "n5");
  answer_whole(&answers, "n4", "n5");
  answer_whole(&answers, "n4", "n4");
  assert_whole(&answers, "n4");
}

static void test_changes_during_every_pass(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_whole(&answers, "n1", "n2");
  answer_whole(&answers, "n2", "n3");
  answer_whole(&answers, "n3", "n4");
  answer_whole(&answers, "n4", "n5");
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL}, &answers);
  assert_string_equal(snapshot.addresses[0].label, "n4");
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_PARTIAL, -EINTR, "ioctl(SIOCGIFCONF)");
  osh_snapshot_free(&snapshot);
}

// A label that names no link in two passes names none.
static void test_label_that_names_no_link(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_gap(&answers, "frob");
  answer_gap(&answers, "frob");
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL}, &answers);
  assert_int_equal(snapshot.address_count, 0);
  assert_int_equal(snapshot.omission_count, 1);
  assert_string_equal(snapshot.omissions[0].label, "frob");
  assert_attempt(&snapshot, OSH_SOURCE_IOCTL, OSH_STATUS_ANSWERED, 0, NULL);
  osh_snapshot_free(&snapshot);
}

// A label that names no link makes another pass, which does not ask rtnetlink again.
static void test_refused_rtnetlink_is_asked_once(void **state) {
  (void)state;
  struct answers answers = {0};
  refuse(&answers, EPERM); // socket
  answer_gap(&answers, "frob");
  answer_gap(&answers, "frob");
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = OSH_SOURCES_ALL & ~PROCFS}, &answers);
  assert_int_equal(snapshot.omission_count, 1);
  assert_attempt(&snapshot, OSH_SOURCE_RTNETLINK, OSH_STATUS_DENIED, -EPERM, "socket(AF_NETLINK)");
  osh_snapshot_free(&snapshot);
}

static void test_details(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // socket
  answer_ifconf(&answers, "eth0", NULL);
  answer_int(&answers, 7);                // SIOCGIFINDEX
  answer_ipv4(&answers, "255.255.255.0"); // SIOCGIFNETMASK
  answer_ipv4(&answers, "10.0.0.255");    // SIOCGIFBRDADDR
  answer_ipv4(&answers, "10.0.0.9");      // SIOCGIFDSTADDR
  succeed(&answers, SCRIPT_ECHO);         // SIOCGIFADDR
  answer_short(&answers, IFF_UP, NULL);
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  answer_int(&answers, 1500); // SIOCGIFMTU
  answer_name(&answers, "eth0");
  answer_ifconf(&answers, "eth0", NULL);
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL, .details = true}, &answers);
  const struct osh_link *link = only_link(&snapshot);
  assert_int_equal(osh_link_details(&snapshot, link)->mtu, 1500);
  const struct osh_address_details *details =
      osh_address_details(&snapshot, &snapshot.addresses[0]);
  assert_non_null(details);
  assert_int_equal(details->facts, OSH_ADDRESS_BROADCAST | OSH_ADDRESS_PEER);
  assert_bytes_of(AF_INET, details->broadcast, "10.0.0.255");
  assert_bytes_of(AF_INET, details->peer, "10.0.0.9");
  osh_snapshot_free(&snapshot);
}

#define COUNTERS " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"

// Without netlink /proc/net/dev names all links, and SIOCGIFINDEX numbers them.
// A link that goes while it is numbered is a change.
static void test_all_links(void **state) {
  (void)state;
  struct answers answers = {0};
  for (int pass = 0; pass < 2; pass++) {
    succeed(&answers, 0); // socket
    answer_file(&answers, IF_INET6_LINE);
    answer_file(&answers, pass == 0 ? DEV_HEADING "from-procfs:" COUNTERS "gone:" COUNTERS
                                                  "bare:" COUNTERS
                                    : DEV_HEADING "from-procfs:" COUNTERS "bare:" COUNTERS);
    if (pass == 0)
      refuse(&answers, ENODEV);    // SIOCGIFINDEX of gone
    answer_int(&answers, 3);       // SIOCGIFINDEX of bare
    answer_bytes(&answers, "", 0); // SIOCGIFCONF
    for (int i = 0; i < 2; i++) {
      answer_short(&answers, IFF_UP, NULL);
      answer_short(&answers, ARPHRD_ETHER, hwaddr);
      answer_name(&answers, i == 0 ? "bare" : "from-procfs");
    }
    answer_bytes(&answers, "", 0); // SIOCGIFCONF
  }
  struct osh_snapshot snapshot;
  read_answers(&snapshot, (struct osh_request){.sources = IOCTL | PROCFS, .all_links = true},
               &answers);
  assert_int_equal(snapshot.missing, 0);
  assert_int_equal(snapshot.link_count, 2);
  assert_int_equal(snapshot.links[0].ifindex, 3);
  assert_string_equal(snapshot.links[0].name, "bare");
  assert_int_equal(snapshot.links[0].facts, COMPLETE);
  assert_string_equal(osh_address_name(&snapshot, &snapshot.addresses[0]), "from-procfs");
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_source),
    cmocka_unit_test(test_this_namespace),
    cmocka_unit_test(test_no_ipv4_address),
    cmocka_unit_test(test_renamed_then_refused),
    cmocka_unit_test(test_name_refused),
    cmocka_unit_test(test_name_refused_and_verified),
    cmocka_unit_test(test_renamed_to_long_name),
    cmocka_unit_test(test_nothing_changes),
    cmocka_unit_test(test_renamed_there_and_back),
    cmocka_unit_test(test_renamed_there_and_back_later),
    cmocka_unit_test(test_equal_results_do_not_hide_a_change),
    cmocka_unit_test(test_changes_during_every_pass),
    cmocka_unit_test(test_label_that_names_no_link),
    cmocka_unit_test(test_refused_rtnetlink_is_asked_once),
    cmocka_unit_test(test_details),
    cmocka_unit_test(test_all_links),
};

RUN_TESTS(tests)
