// addon/text.c: awkward addresses, and every pattern of zero words compared with glibc's
// inet_ntop(3), whose text is the same as libuv's.

#include "unit.h"

#include "addon/text.h"

#include <arpa/inet.h>
#include <stdio.h>

// The byte after the buffer that a function may fill.
#define GUARD '#'

static void assert_ipv6_text(const char *expected) {
  uint8_t bytes[16];
  assert_int_equal(inet_pton(AF_INET6, expected, bytes), 1);
  char text[OSH_IPV6_TEXT_MAX + 1];
  memset(text, GUARD, sizeof(text));
  size_t length = osh_ipv6_text(bytes, text);
  assert_in_range(length, 2, OSH_IPV6_TEXT_MAX);
  assert_int_equal(text[length], GUARD);
  text[length] = '\0';
  assert_string_equal(text, expected);
}

static void test_ipv4(void **state) {
  (void)state;
  static const char *const texts[] = {"0.0.0.0",         "127.0.0.1",   "10.200.0.2",
                                      "255.255.255.255", "9.10.99.100", "199.200.249.250"};
  for (size_t i = 0; i < LENGTH_OF(texts); i++) {
    uint8_t bytes[4];
    assert_int_equal(inet_pton(AF_INET, texts[i], bytes), 1);
    char text[OSH_IPV4_TEXT_MAX + 1];
    memset(text, GUARD, sizeof(text));
    size_t length = osh_ipv4_text(bytes, text);
    assert_in_range(length, 7, OSH_IPV4_TEXT_MAX);
    assert_int_equal(text[length], GUARD);
    text[length] = '\0';
    assert_string_equal(text, texts[i]);
  }
}

static void test_ipv4_every_byte(void **state) {
  (void)state;
  for (unsigned value = 0; value < 256; value++) {
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(255 - value), (uint8_t)value, 0};
    char expected[32];
    int length = snprintf(expected, sizeof(expected), "%u.%u.%u.0", value, 255 - value, value);
    char text[OSH_IPV4_TEXT_MAX];
    assert_int_equal(osh_ipv4_text(bytes, text), length);
    assert_memory_equal(text, expected, (size_t)length);
  }
}

static void test_ipv6_no_zeros(void **state) {
  (void)state;
  assert_ipv6_text("2001:db8:1:2:3:4:5:6");
  assert_ipv6_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  assert_ipv6_text("1234:123:12:1:abcd:abc:ab:a");
}

static void test_ipv6_all_zeros(void **state) {
  (void)state;
  assert_ipv6_text("::");
}

static void test_ipv6_zeros_at_an_end(void **state) {
  (void)state;
  assert_ipv6_text("::1");
  assert_ipv6_text("fe80::");
  assert_ipv6_text("fe80::1");
  assert_ipv6_text("1:0:0:2::");
}

static void test_ipv6_one_zero_word_stays(void **state) {
  (void)state;
  assert_ipv6_text("2001:db8:0:1:2:3:4:5");
  assert_ipv6_text("0:1:2:3:4:5:6:7");
  assert_ipv6_text("1:2:3:4:5:6:7:0");
}

static void test_ipv6_first_of_equal_runs(void **state) {
  (void)state;
  assert_ipv6_text("1::2:3:0:0:4");
  assert_ipv6_text("::1:2:3:0:0:4");
  assert_ipv6_text("::1:0:0:0:2");
}

static void test_ipv6_longest_run(void **state) {
  (void)state;
  assert_ipv6_text("1:0:0:2::3");
  assert_ipv6_text("1::2:0:0:3");
}

static void test_ipv6_with_ipv4(void **state) {
  (void)state;
  assert_ipv6_text("::1.2.3.4");
  assert_ipv6_text("::255.255.255.255");
  assert_ipv6_text("::ffff:1.2.3.4");
  assert_ipv6_text("::ffff:0.0.0.0");
  assert_ipv6_text("::fffe:102:304");
  assert_ipv6_text("::2:ffff:102:304");
  assert_ipv6_text("64:ff9b::102:304");
}

#ifdef __GLIBC__
static void test_ipv6_as_inet_ntop(void **state) {
  (void)state;
  static const uint16_t words[] = {0, 0x1, 0xffff};
  for (unsigned pattern = 0; pattern < 3 * 3 * 3 * 3 * 3 * 3 * 3 * 3; pattern++) {
    uint8_t bytes[16];
    unsigned rest = pattern;
    for (size_t i = 0; i < 8; i++, rest /= 3) {
      bytes[2 * i] = (uint8_t)(words[rest % 3] >> 8);
      bytes[2 * i + 1] = (uint8_t)words[rest % 3];
    }
    char expected[INET6_ADDRSTRLEN];
    assert_non_null(inet_ntop(AF_INET6, bytes, expected, sizeof(expected)));
    char text[OSH_IPV6_TEXT_MAX + 1];
    text[osh_ipv6_text(bytes, text)] = '\0';
    assert_string_equal(text, expected);
  }
}
#endif

static void test_mac(void **state) {
  (void)state;
  const uint8_t bytes[] = {0x00, 0x0f, 0xa0, 0xff, 0x12, 0xcd};
  char text[OSH_MAC_TEXT_LENGTH];
  assert_int_equal(osh_mac_text(bytes, text), OSH_MAC_TEXT_LENGTH);
  assert_memory_equal(text, "00:0f:a0:ff:12:cd", OSH_MAC_TEXT_LENGTH);
}

static void test_hwaddr_of_any_length(void **state) {
  (void)state;
  uint8_t bytes[32] = {0};
  char text[OSH_HWADDR_TEXT_MAX];
  assert_int_equal(osh_hwaddr_text(bytes, 0, text), 0);
  assert_int_equal(osh_hwaddr_text(bytes, 1, text), 2);
  assert_memory_equal(text, "00", 2);
  bytes[31] = 0xfe;
  assert_int_equal(osh_hwaddr_text(bytes, sizeof(bytes), text), sizeof(text));
  assert_memory_equal(text + sizeof(text) - 5, "00:fe", 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_ipv4),
    cmocka_unit_test(test_ipv4_every_byte),
    cmocka_unit_test(test_ipv6_no_zeros),
    cmocka_unit_test(test_ipv6_all_zeros),
    cmocka_unit_test(test_ipv6_zeros_at_an_end),
    cmocka_unit_test(test_ipv6_one_zero_word_stays),
    cmocka_unit_test(test_ipv6_first_of_equal_runs),
    cmocka_unit_test(test_ipv6_longest_run),
    cmocka_unit_test(test_ipv6_with_ipv4),
#ifdef __GLIBC__
    cmocka_unit_test(test_ipv6_as_inet_ntop),
#endif
    cmocka_unit_test(test_mac),
    cmocka_unit_test(test_hwaddr_of_any_length),
};

RUN_TESTS(tests)
