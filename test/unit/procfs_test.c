// The parsers of what tells facts in /proc/net, if_inet6 and dev, on lines of a real kernel, cut at
// every length, and on lines of none.

#include "lines.h"

#include <arpa/inet.h>

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
  struct osh_text rest = TEXT("whole\ncut sho");
  struct osh_text line;
  assert_true(osh_next_line(&rest, &line));
  assert_false(osh_next_line(&rest, &line));
  assert_false(osh_next_line(&rest, &line));
}

static void test_lines_of_nothing(void **state) {
  (void)state;
  struct osh_text line;
  struct osh_text nowhere = {NULL, 0};
  assert_false(osh_next_line(&nowhere, &line));
  struct osh_text newline = TEXT("\n");
  assert_true(osh_next_line(&newline, &line));
  assert_int_equal(line.length, 0);
  assert_false(osh_next_line(&newline, &line));
}

static void test_lines_cut_anywhere(void **state) {
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

static void test_if_inet6_cut(void **state) {
  (void)state;
  // The line's end is its name, of which the first letter will do.
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
  // Quotes, and letters of more than one byte: a name may hold anything but blanks, '/' and ':'.
  assert_true(osh_parse_if_inet6(TEXT(IF_INET6_ADDRESS " 01 40 00 80 \"\xc3\xa4'\\"), &entry));
  assert_string_equal(entry.name, "\"\xc3\xa4'\\");
}

// Where a name goes on to the end of its room, only a zero left there ends it.
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
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 " SIXTEEN_LETTERS),  // too long a name
      TEXT(IF_INET6_ADDRESS "\0 01 40 00 80 a"),               // NUL after the address
      TEXT(IF_INET6_ADDRESS " 01 4\0 00 80 a"),                // NUL in a number
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 a\0b"),              // NUL in the name
      TEXT(IF_INET6_ADDRESS " 01 40 00 80 \0"),                // NUL for a name
  };
  for (size_t i = 0; i < LENGTH_OF(lines); i++) {
    char *copy = exact_copy(lines[i].bytes, lines[i].length);
    bool parsed = parses_if_inet6((struct osh_text){copy, lines[i].length});
    free(copy);
    if (parsed)
      fail_msg("parsed: %.*s", (int)lines[i].length, lines[i].bytes);
  }
}

static bool parses_dev(struct osh_text line) {
  char name[IFNAMSIZ];
  return osh_parse_dev(line, name);
}

static void assert_dev(struct osh_text line, const char *expected) {
  char name[IFNAMSIZ];
  memset(name, '#', sizeof(name));
  assert_true(osh_parse_dev(line, name));
  assert_string_equal(name, expected);
}

static void test_dev_capture(void **state) {
  (void)state;
  // All but the two headings.
  assert_int_equal(count_parsed(TEXT_OF(dev), parses_dev), 6);
  assert_dev(line_with(TEXT_OF(dev), " lo:"), "lo");
  assert_dev(line_with(TEXT_OF(dev), "name-of"), "name-of-15-char");
}

static void test_dev_cut(void **state) {
  (void)state;
  struct osh_text line = line_with(TEXT_OF(dev), "d0:");
  const char *colon = memchr(line.bytes, ':', line.length);
  assert_non_null(colon);
  assert_needs(line, (size_t)(colon - line.bytes) + 1, parses_dev);
}

static void test_dev_any_byte(void **state) {
  (void)state;
  assert_survives_any_byte(line_with(TEXT_OF(dev), "d0:"), parses_dev);
}

static void test_dev_malformed(void **state) {
  (void)state;
  static const struct osh_text lines[] = {
      {"", 0},         TEXT("   "),      TEXT(":"),
      TEXT("  : 0 0"), TEXT("no colon"), TEXT(SIXTEEN_LETTERS ": 0"),
  };
  for (size_t i = 0; i < LENGTH_OF(lines); i++)
    if (parses_dev(lines[i]))
      fail_msg("parsed: %.*s", (int)lines[i].length, lines[i].bytes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_lines),
    cmocka_unit_test(test_lines_without_last_newline),
    cmocka_unit_test(test_lines_of_nothing),
    cmocka_unit_test(test_lines_cut_anywhere),
    cmocka_unit_test(test_if_inet6_capture),
    cmocka_unit_test(test_if_inet6_cut),
    cmocka_unit_test(test_if_inet6_any_byte),
    cmocka_unit_test(test_if_inet6_limits),
    cmocka_unit_test(test_if_inet6_name_is_zero_filled),
    cmocka_unit_test(test_if_inet6_malformed),
    cmocka_unit_test(test_dev_capture),
    cmocka_unit_test(test_dev_cut),
    cmocka_unit_test(test_dev_any_byte),
    cmocka_unit_test(test_dev_malformed),
};

RUN_TESTS(tests)
