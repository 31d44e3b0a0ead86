// Addresses as text: the awkward ones, as libuv writes them.

#include "unit.h"

#include "text.h"

#include <arpa/inet.h>

static void assert_ipv6(const char *address, const char *expected) {
  uint8_t bytes[16];
  assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
  char text[OSH_IPV6_TEXT_MAX + 1] = {0};
  assert_int_equal(osh_ipv6_text(bytes, text), strlen(expected));
  assert_string_equal(text, expected);
}

static void writes_ipv6(void **state) {
  (void)state;
  assert_ipv6("::", "::");
  assert_ipv6("::1", "::1");
  assert_ipv6("1::", "1::");
  assert_ipv6("fe80::1", "fe80::1");
  assert_ipv6("::1.2.3.4", "::1.2.3.4");
  assert_ipv6("::ffff:1.2.3.4", "::ffff:1.2.3.4");
  assert_ipv6("::fffe:1.2.3.4", "::fffe:102:304");
  assert_ipv6("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7");
  assert_ipv6("1:0:0:2:3:0:0:4", "1::2:3:0:0:4");
  assert_ipv6("1:0:0:2:0:0:0:4", "1:0:0:2::4");
  assert_ipv6("2001:0db8:00a0:0f00:ffff:ffff:ffff:ffff", "2001:db8:a0:f00:ffff:ffff:ffff:ffff");
}

static void writes_ipv6_as_inet_ntop(void **state) {
  (void)state;
  uint8_t bytes[16];
  for (unsigned i = 0; i < 65536; i++) {
    for (size_t word = 0; word < 8; word++) {
      uint16_t value = htons(i & (1u << word) ? (uint16_t)(i >> 4) : 0);
      memcpy(&bytes[word * 2], &value, 2);
    }
    char expected[INET6_ADDRSTRLEN];
    assert_non_null(inet_ntop(AF_INET6, bytes, expected, sizeof(expected)));
    char text[OSH_IPV6_TEXT_MAX + 1] = {0};
    osh_ipv6_text(bytes, text);
    assert_string_equal(text, expected);
  }
}

static void writes_ipv4(void **state) {
  (void)state;
  const uint8_t addresses[][4] = {{0, 0, 0, 0}, {255, 255, 255, 255}, {10, 99, 100, 9}};
  const char *expected[] = {"0.0.0.0", "255.255.255.255", "10.99.100.9"};
  for (size_t i = 0; i < 3; i++) {
    char text[OSH_IPV4_TEXT_MAX + 1] = {0};
    assert_int_equal(osh_ipv4_text(addresses[i], text), strlen(expected[i]));
    assert_string_equal(text, expected[i]);
  }
}

static void writes_hardware_addresses(void **state) {
  (void)state;
  const uint8_t bytes[6] = {0x00, 0x1f, 0xf0, 0xab, 0x09, 0xff};
  char text[OSH_MAC_TEXT_LENGTH + 1] = {0};
  assert_int_equal(osh_mac_text(bytes, text), OSH_MAC_TEXT_LENGTH);
  assert_string_equal(text, "00:1f:f0:ab:09:ff");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_ipv6),
      cmocka_unit_test(writes_ipv6_as_inet_ntop),
      cmocka_unit_test(writes_ipv4),
      cmocka_unit_test(writes_hardware_addresses),
  };
  return run_tests_as_tap("text", tests, sizeof(tests) / sizeof(*tests));
}
