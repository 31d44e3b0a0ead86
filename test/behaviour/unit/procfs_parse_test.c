// sources/procfs_parse.c on if_inet6 and dev: lines of a real kernel, truncated at every length,
// and lines of none. procfs_parse_routes_test.c covers the routes.

#include "lines.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

CAPTURE(if_inet6, "if_inet6.txt");
CAPTURE(dev, "dev.txt");

#define IF_INET6_ADDRESS "20010db8000000000000000000000001"

static bool parses_if_inet6(struct osh_text line) {
  struct osh_if_inet6 entry;
  return osh_parse_if_inet6(line, &entry);
}

static void test_lines(void **state) {
  (void)state;
  struct osh_text rest = TEXT("one\n\nthree\n");
  struct osh_text line;
  assert_true(osh_next_line(&rest, &line));
  assert_int_equal(line.length, 3);
  assert_memory_equal(line.bytes, "one", 3);
  assert_true(osh_next_line(&rest, &line));
  assert_int_equal(line.length, 0);
  assert_true(osh_next_line(&rest, &line));
  assert_int_equal(line.length, 5);
  assert_false(osh_next_line(&rest, &line));
}

static void test_lines_without_last_newline(void **state) {
  (void)state;
  struct osh_text rest = TEXT("whole\ntrunca");
  struct osh_text line;
  assert_true(osh_next_line(&rest, &line));
  assert_false(osh_next_line(&rest, &line));
  assert_false(osh_next_line(&rest, &line));
}

static void test_lines_of_no_text(void **state) {
  (void)state;
  struct osh_text line;
  struct osh_text empty = {NULL, 0};
  assert_false(osh_next_line(&empty, &line));
  struct osh_text newline = TEXT("\n");
  assert_true(osh_next_line(&newline, &line));
  assert_int_equal(line.length, 0);
  assert_false(osh_next_line(&newline, &line));
}

static void test_lines_truncated_anywhere(void **state) {
  (void)state;
  const struct osh_text text = TEXT_OF(if_inet6);
  for (size_t length = 0; length <= text.length; length++) {
    char *copy = exact_copy(text.bytes, length);
    size_t newlines = 0;
    for (size_t i = 0; i < length; i++)
      newlines += copy[i] == '\n';
    assert_int_equal(count_parsed((struct osh_text){copy, length}, parses_if_inet6), newlines);
    free(copy);
  }
}

static void test_if_inet6_capture(void **state) {
  (void)state;
  assert_int_equal(count_parsed(TEXT_OF(if_inet6), parses_if_inet6), 6);

  struct osh_if_inet6 entry;
  uint8_t expected[16];
  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "fd0000"), &entry));
  assert_int_equal(inet_pton(AF_INET6, "fd00::1", expected), 1);
  assert_memory_equal(entry.bytes, expected, 16);
  assert_int_equal(entry.ifindex, 3);
  assert_int_equal(entry.prefix_len, 48);
  assert_string_equal(entry.name, "d0");

  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "lo"), &entry));
  assert_int_equal(inet_pton(AF_INET6, "::1", expected), 1);
  assert_memory_equal(entry.bytes, expected, 16);
  assert_int_equal(entry.ifindex, 1);
  assert_int_equal(entry.prefix_len, 128);
  assert_string_equal(entry.name, "lo");
}

static void test_if_inet6_truncated(void **state) {
  (void)state;
  // The line ends with the name, of which the first letter is enough.
  struct osh_text line = line_with(TEXT_OF(if_inet6), "d0");
  assert_needs(line, line.length - 1, parses_if_inet6);
}

static void test_if_inet6_any_byte(void **state) {
  (void)state;
  assert_survives_any_byte(line_with(TEXT_OF(if_inet6), "d0"), parses_if_inet6);
}

static void test_if_inet6_limits(void **state) {
  (void)state;
  struct osh_if_inet6 entry;
  assert_true(osh_parse_if_inet6(TEXT(IF_INET6_ADDRESS " 7fffffff 80 00 80 a"), &entry));
  assert_int_equal(entry.ifindex, INT32_MAX);
  assert_int_equal(entry.prefix_len, 128);
  assert_true(osh_parse_if_inet6(TEXT(IF_INET6_ADDRESS " 01 00 00 80 abcdefghijklmno"), &entry));
  assert_int_equal(entry.prefix_len, 0);
  assert_string_equal(entry.name, "abcdefghijklmno");
  // Quotes, and letters of more than one byte: a name may have any bytes but blanks, '/' and ':'.
  assert_true(osh_parse_if_inet6(TEXT(IF_INET6_ADDRESS " 01 40 00 80 \"\xc3\xa4'\\"), &entry));
  assert_string_equal(entry.name, "\"\xc3\xa4'\\");
}

// A name may be copied to where a longer one was, so the bytes after it must be zero.
static void test_if_inet6_name_is_zero_filled(void **state) {
  (void)state;
  static const char expected[IFNAMSIZ] = "d0";
  struct osh_if_inet6 entry;
  memset(&entry, 0xa5, sizeof(entry));
  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "d0"), &entry));
  assert_memory_equal(entry.name, expected, sizeof(expected));
}

static void test_if_inet6_malformed(void **state) {
  (void)state;
  static const struct osh_text lines[] = {
      {"", 0},
      {"  \t ", 4},
      TEXT("20010db800000000000000000000000g 01 40 00 80 a"),  // not hexadecimal
      TEXT("20010db800000000000000000000001 01 40 00 80 a"),   // 31 digits
      TEXT("20010db80000000000000000000000011 01 40 00 80 a"), // 33 digits
      TEXT("2001:db8::1 01 40 00 80 a"),                       // as people write it
      TEXT(IF_INET6_ADDRESS " 00 40 00 80 a"),                 // no link has number 0
      TEXT(IF_INET6_ADDRESS " 80000000 40 00 80 a"),           // negative, as the kernel sees it
      TEXT(IF_INET6_ADDRESS " 100000001 40 00 80 a"),          // over 32 bits
      TEXT(IF_INET6_ADDRESS " -1 40 00 80 a"),                 // signed
      TEXT(IF_INET6_ADDRESS " 0x1 40 00 80 a"),                // prefixed
      TEXT(IF_INET6_ADDRESS " 01 81 00 80 a"),                 // prefix of 129
      TEXT(IF_INET6_ADDRESS " 01 ffffffff 00 80 a"),           // prefix of too many
      TEXT(IF_INET6_ADDRESS " 01 40 00 80"),                   // no name
      TEXT(IF_INET6_ADDRESS " 01 40 00 a"),                    // a field less
      TEXT(IF_INET6_ADDRESS " 01 40 0g 80 a"),                 // scope not hexadecimal
      TEXT(IF_INET6_ADDRESS " 01 40 00 8g a"),                 // flags not hexadecimal
      TEXT(IF_INET6_ADDRESS " 01 40 10000 80 a"),              // scope over 16 bits
      TEXT(IF_INET6_ADDRESS " 01 40 00 100 a"),                // flags over 8 bits
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 " SIXTEEN_LETTERS),  // too long a name
      TEXT(IF_INET6_ADDRESS "\0 01 40 00 80 a"),               // NUL after the address
      TEXT(IF_INET6_ADDRESS " 01 4\0 00 80 a"),                // NUL in a number
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 a\0b"),              // NUL in the name
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 \0"),                // NUL for a name
  };
  assert_all_refused(lines, LENGTH_OF(lines), parses_if_inet6);
}

static void assert_scope_and_flags(const char *fields, uint8_t scope, uint8_t flags) {
  char line[100];
  int length = snprintf(line, sizeof(line), IF_INET6_ADDRESS " 01 40 %s a", fields);
  struct osh_if_inet6 entry;
  assert_true(osh_parse_if_inet6((struct osh_text){line, (size_t)length}, &entry));
  assert_int_equal(entry.scope, scope);
  assert_int_equal(entry.flags, flags);
}

// The kernel prints IPV6_ADDR_* bits, of which rt_scope() evaluates three.
static void test_if_inet6_scope_and_flags(void **state) {
  (void)state;
  assert_scope_and_flags("00 00", RT_SCOPE_UNIVERSE, 0);
  assert_scope_and_flags("10 80", RT_SCOPE_HOST, IFA_F_PERMANENT);
  assert_scope_and_flags("20 c0", RT_SCOPE_LINK, IFA_F_PERMANENT | IFA_F_TENTATIVE);
  assert_scope_and_flags("40 ff", RT_SCOPE_SITE, 0xff);
  assert_scope_and_flags("80 01", RT_SCOPE_UNIVERSE, IFA_F_TEMPORARY); // IPV6_ADDR_COMPATv4
}

static void test_if_inet6_capture_scope_and_flags(void **state) {
  (void)state;
  struct osh_if_inet6 entry;
  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "lo"), &entry));
  assert_int_equal(entry.scope, RT_SCOPE_HOST);
  assert_int_equal(entry.flags, IFA_F_PERMANENT);
  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "fe80"), &entry));
  assert_int_equal(entry.scope, RT_SCOPE_LINK);
  assert_true(osh_parse_if_inet6(line_with(TEXT_OF(if_inet6), "fd0000"), &entry));
  assert_int_equal(entry.scope, RT_SCOPE_UNIVERSE);
  assert_int_equal(entry.flags & IFA_F_PERMANENT, IFA_F_PERMANENT);
}

static bool parses_dev(struct osh_text line) {
  struct osh_dev dev;
  return osh_parse_dev(line, &dev);
}

static struct osh_dev parse_dev(struct osh_text line) {
  struct osh_dev dev;
  memset(&dev, '#', sizeof(dev));
  assert_true(osh_parse_dev(line, &dev));
  return dev;
}

static void test_dev_capture(void **state) {
  (void)state;
  static const char lo[IFNAMSIZ] = "lo";
  // All but the two headings.
  assert_int_equal(count_parsed(TEXT_OF(dev), parses_dev), 6);
  struct osh_dev entry = parse_dev(line_with(TEXT_OF(dev), " lo:"));
  assert_memory_equal(entry.name, lo, sizeof(lo)); // zero-filled
  entry = parse_dev(line_with(TEXT_OF(dev), "name-of"));
  assert_string_equal(entry.name, "name-of-15-char");
}

static void test_dev_headings(void **state) {
  (void)state;
  struct osh_text rest = TEXT_OF(dev);
  struct osh_text line;
  for (int i = 0; i < 2; i++) {
    assert_true(osh_next_line(&rest, &line));
    assert_false(parses_dev(line));
  }
  assert_true(osh_next_line(&rest, &line));
  assert_true(parses_dev(line));
}

#define TEN_COUNTERS " 1 2 3 4 5 6 7 8 9 10"

// Received bytes, packets, errors, dropped, fifo, frame, compressed, multicast; then sent.
static void test_dev_counters(void **state) {
  (void)state;
  const struct osh_dev entry = parse_dev(TEXT("  d0:" TEN_COUNTERS " 11 12 13 14 15 16"));
  const struct rtnl_link_stats expected = {.rx_bytes = 1,
                                           .rx_packets = 2,
                                           .rx_errors = 3,
                                           .rx_dropped = 4,
                                           .rx_fifo_errors = 5,
                                           .rx_frame_errors = 6,
                                           .rx_compressed = 7,
                                           .multicast = 8,
                                           .tx_bytes = 9,
                                           .tx_packets = 10,
                                           .tx_errors = 11,
                                           .tx_dropped = 12,
                                           .tx_fifo_errors = 13,
                                           .collisions = 14,
                                           .tx_carrier_errors = 15,
                                           .tx_compressed = 16};
  assert_string_equal(entry.name, "d0");
  assert_memory_equal(&entry.stats, &expected, sizeof(expected));
}

#define LARGEST "18446744073709551615" // of 64 bits
#define FOUR_LARGEST " " LARGEST " " LARGEST " " LARGEST " " LARGEST

// The longest line that the kernel prints: 353 bytes with its newline. Counters keep their lower 32
// bits, as IFLA_STATS does (copy_rtnl_link_stats()).
static void test_dev_longest_line(void **state) {
  (void)state;
  const struct osh_text line =
      TEXT("fifteen-letters:" FOUR_LARGEST FOUR_LARGEST FOUR_LARGEST FOUR_LARGEST);
  assert_int_equal(line.length + 1, 353);
  const struct osh_dev entry = parse_dev(line);
  assert_string_equal(entry.name, "fifteen-letters");
  assert_int_equal(entry.stats.rx_bytes, UINT32_MAX);
  assert_int_equal(entry.stats.tx_compressed, UINT32_MAX);

  const struct osh_dev wrapped =
      parse_dev(TEXT("d0: 4294967296 4294967301 3 4 5 6 7 8 9 10 11 12 13 14 15 16"));
  assert_int_equal(wrapped.stats.rx_bytes, 0);
  assert_int_equal(wrapped.stats.rx_packets, 5);
}

static void test_dev_truncated(void **state) {
  (void)state;
  // Of the last counter the first digit is enough.
  assert_needs(TEXT("d0:" TEN_COUNTERS " 11 12 13 14 15 16"), 3 + 21 + 17, parses_dev);
}

static void test_dev_any_byte(void **state) {
  (void)state;
  assert_survives_any_byte(line_with(TEXT_OF(dev), "d0:"), parses_dev);
}

static void test_dev_malformed(void **state) {
  (void)state;
  static const struct osh_text lines[] = {
      {"", 0},
      TEXT("   "),
      TEXT(":"),
      TEXT(":" TEN_COUNTERS " 11 12 13 14 15 16"), // no name
      TEXT("no colon" TEN_COUNTERS " 11 12 13 14 15 16"),
      TEXT(SIXTEEN_LETTERS ":" TEN_COUNTERS " 11 12 13 14 15 16"),
      TEXT("d0:"),
      TEXT("d0:" TEN_COUNTERS " 11 12 13 14 15"), // a counter less
      TEXT("d0:" TEN_COUNTERS " 11 x 13 14 15 16"),
      TEXT("d0:" TEN_COUNTERS " 11 -12 13 14 15 16"),
  };
  assert_all_refused(lines, LENGTH_OF(lines), parses_dev);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_lines),
    cmocka_unit_test(test_lines_without_last_newline),
    cmocka_unit_test(test_lines_of_no_text),
    cmocka_unit_test(test_lines_truncated_anywhere),
    cmocka_unit_test(test_if_inet6_capture),
    cmocka_unit_test(test_if_inet6_truncated),
    cmocka_unit_test(test_if_inet6_any_byte),
    cmocka_unit_test(test_if_inet6_limits),
    cmocka_unit_test(test_if_inet6_name_is_zero_filled),
    cmocka_unit_test(test_if_inet6_malformed),
    cmocka_unit_test(test_if_inet6_scope_and_flags),
    cmocka_unit_test(test_if_inet6_capture_scope_and_flags),
    cmocka_unit_test(test_dev_capture),
    cmocka_unit_test(test_dev_headings),
    cmocka_unit_test(test_dev_counters),
    cmocka_unit_test(test_dev_longest_line),
    cmocka_unit_test(test_dev_truncated),
    cmocka_unit_test(test_dev_any_byte),
    cmocka_unit_test(test_dev_malformed),
};

RUN_TESTS(tests)
