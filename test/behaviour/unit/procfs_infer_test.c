// sources/procfs_infer.c over a scripted kernel: when the routes of IPv6 make the flags doubtful.

#include "answers.h"

#include "core/links.h"
#include "sources/procfs_infer.h"

#define ZEROS "00000000000000000000000000000000"
// The subnet of a link that is up.
#define ROUTE(name)                                                                                \
  "fd000000000000000000000000000000 40 " ZEROS " 00 " ZEROS                                        \
  " 00000100 00000001 00000000 00000001 " name "\n"

// Infers the flags of the link eth0, which has one address.
static struct osh_inference infer(uint8_t family, const char *routes, uint32_t *flags) {
  struct osh_snapshot snapshot = {0};
  struct osh_link *link = osh_add_link(&snapshot);
  struct osh_address *address = osh_add_address(&snapshot);
  assert_non_null(link);
  assert_non_null(address);
  link->ifindex = 7;
  link->facts = OSH_LINK_NAME;
  memcpy(link->name, "eth0", sizeof("eth0"));
  address->ifindex = 7;
  address->family = family;
  address->facts = OSH_ADDRESS_PREFIX_KNOWN;
  struct answers answers = {0};
  answer_file(&answers, routes);
  uint8_t *copy = start_script(&answers);
  struct osh_inference inference = osh_procfs_infer(&snapshot, true);
  end_script(copy);
  *flags = snapshot.links[0].flags;
  osh_snapshot_free(&snapshot);
  return inference;
}

static void test_routes_of_the_link(void **state) {
  (void)state;
  uint32_t flags;
  assert_false(infer(AF_INET6, ROUTE("eth0"), &flags).is_doubtful);
  assert_int_equal(flags, IFF_UP | IFF_RUNNING);
}

// The link may have been renamed since its name was read.
static void test_routes_of_another_link(void **state) {
  (void)state;
  uint32_t flags;
  assert_true(infer(AF_INET6, ROUTE("eth1"), &flags).is_doubtful);
  assert_int_equal(flags, 0);
}

// Without IPv6 addresses it has no IPv6 routes.
static void test_only_ipv4(void **state) {
  (void)state;
  uint32_t flags;
  assert_false(infer(AF_INET, ROUTE("eth1"), &flags).is_doubtful);
  assert_int_equal(flags, IFF_UP | IFF_RUNNING);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_routes_of_the_link),
    cmocka_unit_test(test_routes_of_another_link),
    cmocka_unit_test(test_only_ipv4),
};

RUN_TESTS(tests)
