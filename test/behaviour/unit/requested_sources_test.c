// preload/requested_sources.c: values of OSH_IFADDRS_SOURCES. test/behaviour/variables.test.js
// shows that lib/ reads them the same way.

#include "unit.h"

#include "core/snapshot.h"
#include "preload/requested_sources.h"

#define RTNETLINK OSH_SOURCE_BIT(OSH_SOURCE_RTNETLINK)
#define IOCTL OSH_SOURCE_BIT(OSH_SOURCE_IOCTL)
#define PROCFS OSH_SOURCE_BIT(OSH_SOURCE_PROCFS)

static unsigned read_sources(const char *value, bool restricted) {
  // A copy of exactly this length: the sanitizers find a read beyond it.
  char *copy = value == NULL ? NULL : (char *)exact_copy(value, strlen(value) + 1);
  unsigned sources = ~0u;
  assert_int_equal(osh_requested_sources(copy, &sources), restricted);
  free(copy);
  return sources;
}

static void test_no_restriction(void **state) {
  (void)state;
  assert_int_equal(read_sources(NULL, false), OSH_SOURCES_ALL);
  assert_int_equal(read_sources("", false), OSH_SOURCES_ALL);
}

static void test_names(void **state) {
  (void)state;
  assert_int_equal(read_sources("rtnetlink", true), RTNETLINK);
  assert_int_equal(read_sources("ioctl", true), IOCTL);
  assert_int_equal(read_sources("procfs", true), PROCFS);
  assert_int_equal(read_sources("ioctl,procfs", true), IOCTL | PROCFS);
  assert_int_equal(read_sources("procfs,rtnetlink,ioctl", true), OSH_SOURCES_ALL);
  assert_int_equal(read_sources("ioctl,ioctl", true), IOCTL);
}

static void test_invalid(void **state) {
  (void)state;
  static const char *const values[] = {
      "frob",    ",",        "ioctl,",      ",ioctl",  "ioctl,,procfs", "ioctl, procfs",
      " ioctl",  "ioctl ",   "IOCTL",       "io",      "ioctls",        "rtnetlin",
      "procfs,", "ioctl;ip", "frob,procfs", "sysfs,x", "procfs,frob"};
  for (size_t i = 0; i < LENGTH_OF(values); i++)
    assert_int_equal(read_sources(values[i], true), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_restriction),
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_invalid),
};

RUN_TESTS(tests)
