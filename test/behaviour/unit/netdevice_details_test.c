// kernel/netdevice.c over a scripted kernel: the details of links.

#include "completion.h"

static void assert_details(const struct osh_snapshot *snapshot, uint8_t facts, uint32_t mtu,
                           uint8_t broadcast_len) {
  const struct osh_link_details *details = osh_link_details(snapshot, &snapshot->links[0]);
  assert_non_null(details);
  assert_int_equal(details->facts, facts);
  assert_int_equal(details->mtu, mtu);
  assert_int_equal(details->broadcast_len, broadcast_len);
}

static void test_details(void **state) {
  (void)state;
  static const uint8_t ones[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct osh_snapshot snapshot = {.request.details = true};
  add_link(&snapshot, 7, OSH_LINK_NAME, "eth0");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_int(&answers, 70000); // SIOCGIFMTU
  answer_name(&answers, "eth0");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_details(&snapshot, OSH_LINK_MTU | OSH_LINK_BROADCAST, 70000, 6);
  assert_memory_equal(snapshot.link_details[0].broadcast, ones, sizeof(ones));
  osh_snapshot_free(&snapshot);
}

// Of other types no request reports the broadcast address, and SIOCETHTOOL the address's length.
static void test_details_of_other_types(void **state) {
  (void)state;
  static const struct {
    uint8_t ethtool; // 0xff: refused
    uint8_t expected;
    bool cut;
    bool zero;
  } cases[] = {{8, 8, false, false}, {14, 14, false, false},  {20, 14, true, false},
               {0, 0, false, false}, {0xff, 14, true, false}, {16, 14, true, true},
               {4, 4, false, true},  {0xff, 0, false, true}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct osh_snapshot snapshot = {.request.details = true};
    add_link(&snapshot, 7, OSH_LINK_NAME, "ib0");
    struct answers answers;
    start_answers(&answers);
    answer_short(&answers, IFF_UP, NULL);
    answer_short(&answers, ARPHRD_INFINIBAND, cases[i].zero ? NULL : hwaddr);
    refuse(&answers, EINVAL); // SIOCGIFMTU
    if (cases[i].ethtool == 0xff) {
      refuse(&answers, EOPNOTSUPP);
    } else {
      succeed(&answers, 0);
      put_bytes(&answers, &cases[i].ethtool, 1);
    }
    answer_name(&answers, "ib0");
    const char *call;
    assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
    assert_int_equal(snapshot.links[0].hwaddr_len, cases[i].expected);
    assert_int_equal((snapshot.links[0].facts & OSH_LINK_HWADDR_CUT) != 0, cases[i].cut);
    assert_details(&snapshot, 0, 0, 0);
    osh_snapshot_free(&snapshot);
  }
}

// Details by name, too, may be another link's.
static void test_details_of_a_renamed_link(void **state) {
  (void)state;
  struct osh_snapshot snapshot = {.request.details = true};
  add_link(&snapshot, 7, OSH_LINK_NAME, "before");
  struct answers answers;
  start_answers(&answers);
  answer_facts(&answers, IFF_UP, ARPHRD_ETHER);
  answer_int(&answers, 9000); // SIOCGIFMTU
  answer_name(&answers, "after");
  answer_short(&answers, IFF_UP, NULL);
  answer_short(&answers, ARPHRD_NONE, NULL);
  refuse(&answers, EINVAL); // SIOCGIFMTU
  refuse(&answers, EINVAL); // SIOCETHTOOL
  answer_name(&answers, "after");
  const char *call;
  assert_int_equal(complete_links(&snapshot, &answers, &call), 0);
  assert_details(&snapshot, 0, 0, 0);
  osh_snapshot_free(&snapshot);

  snapshot = complete_without_name(8, true);
  assert_details(&snapshot, 0, 0, 0);
  osh_snapshot_free(&snapshot);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_details),
    cmocka_unit_test(test_details_of_other_types),
    cmocka_unit_test(test_details_of_a_renamed_link),
};

RUN_TESTS(tests)
