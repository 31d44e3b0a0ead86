// kernel/netdevice.c over a scripted kernel: how links are completed, and what remains of them if
// they are renamed, removed or refused meanwhile. netdevice_details_test.c covers details.

#include "completion.h"

#define COMPLETE (OSH_LINK_NAME | OSH_LINK_FLAGS | OSH_LINK_HWADDR)

static void assert_link(const struct osh_link *link, uint8_t facts, const char *name,
                        uint32_t flags, uint16_t type) {
  static const uint8_t zeros[32] = {0};
  assert_int_equal(link->facts, facts);
  assert_string_equal(link->name, name);
  assert_int_equal(link->flags, flags);
  assert_int_equal(link->type, type);
  if (!(facts & OSH_LINK_HWADDR)) {
    assert_int_equal(link->hwaddr_len, 0);
    assert_memory_equal(link->hwaddr, zeros, sizeof(zeros));
  }
}

static void test_ifindex(void **state) {
  (void)state;
  struct answers answers;
  start_answers(&answers);
  answer_int(&answers, 70000);
  refuse(&answers, ENODEV);
  uint8_t *copy = start_script(&answers);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  uint32_t ifindex = 1;
  assert_int_equal(osh_netdevice_ifindex(fd, "eth0", &ifindex), 0);
  assert_int_equal(ifindex, 70000);
  assert_int_equal(osh_netdevice_ifindex(fd, "sixteen-letters!", &ifindex), -ENODEV);
  assert_int_equal(ifindex, 0);
  close(fd);
  end_script(copy);
}

// The name is known: of an address's label, or of /proc.
static void test_known_name(void **state) {
  (void)state;
  for (int labelled = 0; labelled < 2; labelled++) {
    struct osh_snapshot snapshot = {0};
    add_link(&snapshot, 7, labelled ? 0 : OSH_LINK_NAME, labelled ? "" : "eth0");
    add_address(&snapshot, 7, "10.0.0.1", "eth0:1");
    struct answers answers;
    start_answers(&answers);
    answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
    answer_name(&answers, "eth0");
    const char *call;
    assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
    assert_null(call);
    assert_int_equal(snapshot.link_count, 1);
    assert_link(&snapshot.links[0], COMPLETE, "eth0", IFF_UP, ARPHRD_ETHER);
    assert_int_equal(snapshot.links[0].hwaddr_len, 6);
    assert_memory_equal(snapshot.links[0].hwaddr, hwaddr, 6);
    assert_int_equal(snapshot.link_details_count, 0);
    osh_snapshot_free(&snapshot);
  }
}

// Not asked for again: an address under the name is on the link.
static void test_confirmed_name(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME | OSH_LINK_NAME_CONFIRMED, "eth0");
  add_link(&snapshot, 8, OSH_LINK_NAME | OSH_LINK_NAME_CONFIRMED, "before");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  refuse(&answers, ENODEV); // SIOCGIFFLAGS of before
  refuse(&answers, ENODEV); // and again
  answer_name(&answers, "after");
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_name(&answers, "after");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_link(&snapshot.links[0], COMPLETE | OSH_LINK_NAME_CONFIRMED, "eth0", IFF_UP, ARPHRD_ETHER);
  assert_string_equal(snapshot.links[1].name, "after");
  assert_int_equal(snapshot.links[1].facts & COMPLETE, COMPLETE);
  osh_snapshot_free(&snapshot);
}

static void test_unknown_name(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, 0, "");
  struct answers answers;
  start_answers(&answers);
  answer_name(&answers, "fifteen-letters");
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_name(&answers, "fifteen-letters");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_link(&snapshot.links[0], COMPLETE, "fifteen-letters", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

static void test_complete_links_are_not_asked_about(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, COMPLETE, "eth0");
  struct answers answers;
  start_answers(&answers);
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  osh_snapshot_free(&snapshot);
}

// The first answers are about another link that has the name now.
static void test_renamed(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "before");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_LOOPBACK, ARPHRD_LOOPBACK);
  answer_name(&answers, "after");
  refuse(&answers, EPERM); // SIOCGIFFLAGS
  refuse(&answers, EPERM); // SIOCGIFHWADDR
  answer_name(&answers, "after");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), -EPERM);
  assert_string_equal(call, "ioctl(SIOCGIFFLAGS)");
  assert_link(&snapshot.links[0], OSH_LINK_NAME, "after", 0, 0);
  osh_snapshot_free(&snapshot);
}

// A link that is being renamed has its new name before requests find it by that name.
static void test_being_renamed(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "before");
  struct answers answers;
  start_answers(&answers);
  refuse(&answers, ENODEV); // SIOCGIFFLAGS
  answer_name(&answers, "after");
  answer_short(&answers, IFF_UP, NULL);
  refuse(&answers, ENODEV); // SIOCGIFHWADDR
  answer_name(&answers, "after");
  answer_count(&answers, 0); // SIOCGIFCONF, which waits
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_name(&answers, "after");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_link(&snapshot.links[0], COMPLETE, "after", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

static void test_renamed_each_time(void **state) {
  (void)state;
  static const char *const names[] = {"n1", "n2", "n3", "n4"};
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "n0");
  struct answers answers;
  start_answers(&answers);
  for (size_t i = 0; i < LENGTH_OF(names); i++) {
    answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
    answer_name(&answers, names[i]);
  }
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), CHANGED);
  assert_int_equal(snapshot.link_count, 1);
  assert_link(&snapshot.links[0], OSH_LINK_NAME, "n4", 0, 0);
  osh_snapshot_free(&snapshot);
}

static void test_removed(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "gone");
  add_link(&snapshot, 8, OSH_LINK_NAME, "eth0");
  struct answers answers;
  start_answers(&answers);
  refuse(&answers, ENODEV); // SIOCGIFFLAGS
  refuse(&answers, ENODEV); // SIOCGIFNAME
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_name(&answers, "eth0");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), CHANGED);
  assert_int_equal(snapshot.link_count, 1);
  assert_int_equal(snapshot.links[0].ifindex, 8);
  assert_link(&snapshot.links[0], COMPLETE, "eth0", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

static void test_name_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = complete_without_name(7, false);
  assert_link(&snapshot.links[0], COMPLETE, "from-procfs", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
  snapshot = complete_without_name(0, false);
  assert_link(&snapshot.links[0], COMPLETE, "from-procfs", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
  snapshot = complete_without_name(8, false); // another link has the name now
  assert_link(&snapshot.links[0], OSH_LINK_NAME, "from-procfs", 0, 0);
  osh_snapshot_free(&snapshot);
}

// Nothing proves a name that only a label suggests.
static void test_suggested_name_refused(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, 0, "");
  add_address(&snapshot, 7, "10.0.0.1", "eth0");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  refuse(&answers, EACCES); // SIOCGIFNAME
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), -EACCES);
  assert_link(&snapshot.links[0], 0, "", 0, 0);
  osh_snapshot_free(&snapshot);
}

// A label that names another link than its address is on adds that link, if there is one.
static void test_labelled_links(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, COMPLETE, "eth0");
  add_address(&snapshot, 7, "10.0.0.1", "eth0:1");
  add_address(&snapshot, 7, "10.0.0.2", "other:1");
  add_address(&snapshot, 7, "10.0.0.3", "other");
  add_address(&snapshot, 7, "10.0.0.4", "none");
  add_address(&snapshot, 7, "10.0.0.5", ":1");
  struct answers answers;
  start_answers(&answers);
  answer_int(&answers, 3); // SIOCGIFINDEX of other
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_name(&answers, "other");
  refuse(&answers, ENODEV); // SIOCGIFINDEX of none
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_int_equal(snapshot.link_count, 2);
  assert_int_equal(snapshot.links[0].ifindex, 3);
  assert_link(&snapshot.links[0], COMPLETE, "other", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

static void test_first_refusal_is_reported(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, OSH_LINK_NAME, "eth0");
  add_link(&snapshot, 8, OSH_LINK_NAME, "eth1");
  struct answers answers;
  start_answers(&answers);
  answer_short(&answers, IFF_UP, NULL);
  refuse(&answers, EACCES); // SIOCGIFHWADDR
  answer_name(&answers, "eth0");
  refuse(&answers, EPERM); // SIOCGIFFLAGS
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  answer_name(&answers, "eth1");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), -EACCES);
  assert_string_equal(call, "ioctl(SIOCGIFHWADDR)");
  assert_link(&snapshot.links[0], OSH_LINK_NAME | OSH_LINK_FLAGS, "eth0", IFF_UP, 0);
  assert_link(&snapshot.links[1], OSH_LINK_NAME | OSH_LINK_HWADDR, "eth1", 0, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

// gVisor: an IP socket answers only SIOCGIFFLAGS, and a UNIX socket the others.
static void test_unix_socket_after_enotty(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, 0, "eth0");
  struct answers answers;
  start_answers(&answers);
  answer_short(&answers, IFF_UP, NULL);
  refuse(&answers, ENOTTY); // SIOCGIFHWADDR
  succeed(&answers, 0);     // socket
  answer_short(&answers, ARPHRD_ETHER, hwaddr);
  refuse(&answers, ENOTTY); // SIOCGIFNAME
  succeed(&answers, 0);     // socket
  answer_name(&answers, "eth0");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_link(&snapshot.links[0], COMPLETE, "eth0", IFF_UP, ARPHRD_ETHER);
  osh_snapshot_free(&snapshot);
}

// A refusal remains one; a shortage is one, and comes before it.
static void test_no_unix_socket_after_enotty(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {0};
  add_link(&snapshot, 7, 0, "eth0");
  struct answers answers;
  start_answers(&answers);
  answer_short(&answers, IFF_UP, NULL);
  refuse(&answers, ENOTTY); // SIOCGIFHWADDR
  refuse(&answers, EPERM);  // socket
  refuse(&answers, ENOTTY); // SIOCGIFNAME
  refuse(&answers, EMFILE); // socket
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), -EMFILE);
  assert_string_equal(call, "ioctl(SIOCGIFNAME)");
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_ifindex),
    cmocka_unit_test(test_known_name),
    cmocka_unit_test(test_confirmed_name),
    cmocka_unit_test(test_unknown_name),
    cmocka_unit_test(test_complete_links_are_not_asked_about),
    cmocka_unit_test(test_renamed),
    cmocka_unit_test(test_being_renamed),
    cmocka_unit_test(test_renamed_each_time),
    cmocka_unit_test(test_removed),
    cmocka_unit_test(test_name_refused),
    cmocka_unit_test(test_suggested_name_refused),
    cmocka_unit_test(test_labelled_links),
    cmocka_unit_test(test_first_refusal_is_reported),
    cmocka_unit_test(test_unix_socket_after_enotty),
    cmocka_unit_test(test_no_unix_socket_after_enotty),
};

RUN_TESTS(tests)
