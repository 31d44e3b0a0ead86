// sources/procfs_parse.c on route and ipv6_route: lines of a real kernel, truncated at every
// length, and lines of none.

#include "lines.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>

CAPTURE(route, "route.txt");
CAPTURE(ipv6_route, "ipv6_route.txt");

#define DIGITS 8 // of an address

// Writes an address as the kernel does: its four bytes as one number, whose digits depend on the
// processor's byte order.
static const char *print_route_address(char digits[DIGITS + 1], uint32_t address) {
  (void)snprintf(digits, DIGITS + 1, "%08X", address);
  return digits;
}

// Returns captures/route.txt, which a little-endian kernel wrote, as a kernel of this processor's
// byte order writes it.
static struct osh_text route_text(void) {
  static char *text;
  const struct osh_text captured = TEXT_OF(route);
  if (text != NULL)
    return (struct osh_text){text, captured.length};
  text = exact_copy(captured.bytes, captured.length);
  for (size_t at = 0; at + DIGITS + 2 <= captured.length; at++) {
    char digits[DIGITS + 1] = {0};
    memcpy(digits, text + at + 1, DIGITS);
    if (text[at] != '\t' || text[at + DIGITS + 1] != '\t' ||
        strspn(digits, "0123456789ABCDEF") != DIGITS)
      continue;
    (void)print_route_address(digits, le32toh((uint32_t)strtoul(digits, NULL, 16)));
    memcpy(text + at + 1, digits, DIGITS);
  }
  return (struct osh_text){text, captured.length};
}

// Returns the line of the route to a subnet.
static struct osh_text route_line(const char *destination) {
  char digits[DIGITS + 1];
  return line_with(route_text(), print_route_address(digits, inet_addr(destination)));
}

static bool parses_route(struct osh_text line) {
  struct osh_route entry;
  return osh_parse_route(line, &entry);
}

static bool parses_ipv6_route(struct osh_text line) {
  struct osh_ipv6_route entry;
  return osh_parse_ipv6_route(line, &entry);
}

static void test_route_capture(void **state) {
  (void)state;
  // All but the header.
  assert_int_equal(count_parsed(route_text(), parses_route), 7);

  struct osh_route entry;
  assert_true(osh_parse_route(route_line("10.3.0.0"), &entry));
  assert_string_equal(entry.name, "d0");
  assert_int_equal(entry.destination, inet_addr("10.3.0.0"));
  assert_int_equal(entry.prefix_len, 30);
  assert_true(entry.on_link);
}

static void test_route_on_link(void **state) {
  (void)state;
  struct osh_route entry;
  assert_true(osh_parse_route(route_line("10.6.0.0"), &entry));
  assert_false(entry.on_link); // through a gateway
  assert_true(osh_parse_route(route_line("10.7.0.0"), &entry));
  assert_string_equal(entry.name, "*");
  assert_false(entry.on_link); // unreachable
  assert_true(osh_parse_route(TEXT("a\t00000000\t00000000\t0000\t0\t0\t0\t000000FF"), &entry));
  assert_false(entry.on_link); // not up
  assert_true(osh_parse_route(TEXT("a\t00000000\t00000000\t0003\t0\t0\t0\t000000FF"), &entry));
  assert_false(entry.on_link); // an IPv6 gateway, which is not shown
  assert_true(osh_parse_route(TEXT("a\t00000000\t0100000A\t0001\t0\t0\t0\t000000FF"), &entry));
  assert_false(entry.on_link); // a gateway, shown in one place only
}

static void test_route_truncated(void **state) {
  (void)state;
  // Up to the first digit of the mask; the fields after it do not matter.
  struct osh_text line = route_line("10.3.0.0");
  char digits[DIGITS + 1];
  const char *mask = memmem(line.bytes, line.length,
                            print_route_address(digits, inet_addr("255.255.255.252")), DIGITS);
  assert_non_null(mask);
  assert_needs(line, (size_t)(mask - line.bytes) + 1, parses_route);
}

static void test_route_any_byte(void **state) {
  (void)state;
  assert_survives_any_byte(route_line("10.3.0.0"), parses_route);
}

static void test_route_malformed(void **state) {
  (void)state;
  static const struct osh_text lines[] = {
      {"", 0},
      TEXT(SIXTEEN_LETTERS "\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF"),
      TEXT("d0\t0000010G\t00000000\t0001\t0\t0\t0\t00FFFFFF"),
      TEXT("d0\t0000010A1\t00000000\t0001\t0\t0\t0\t00FFFFFF"),
      TEXT("d0\t0000010A\t00000000\t10000\t0\t0\t0\t00FFFFFF"), // flags are 16 bits
      TEXT("d0\t0000010A\t00000000\t0001\t0\t0\t00FFFFFF"),     // a field less
      TEXT("d\0\t0000010A\t00000000\t0001\t0\t0\t0\t00FFFFFF"),
  };
  assert_all_refused(lines, LENGTH_OF(lines), parses_route);
}

static void test_ipv6_route_capture(void **state) {
  (void)state;
  assert_int_equal(count_parsed(TEXT_OF(ipv6_route), parses_ipv6_route), 17);

  struct osh_ipv6_route entry;
  assert_true(osh_parse_ipv6_route(line_with(TEXT_OF(ipv6_route), "fd0000"), &entry));
  assert_string_equal(entry.name, "d0");
  assert_false(entry.reject);
  assert_true(osh_parse_ipv6_route(line_with(TEXT_OF(ipv6_route), "20010db80007"), &entry));
  assert_string_equal(entry.name, "lo");
  assert_true(entry.reject);
}

static void test_ipv6_route_truncated(void **state) {
  (void)state;
  struct osh_text line = line_with(TEXT_OF(ipv6_route), "fd0000");
  // The name's column may be blank, but it is there.
  assert_needs(line, line.length - strlen("      d0"), parses_ipv6_route);
}

static void test_ipv6_route_any_byte(void **state) {
  (void)state;
  assert_survives_any_byte(line_with(TEXT_OF(ipv6_route), "fd0000"), parses_ipv6_route);
}

#define IPV6_ROUTE "fd000000000000000000000000000000 30 " ZEROS " 00 " ZEROS
#define ZEROS "00000000000000000000000000000000"

static void test_ipv6_route_malformed(void **state) {
  (void)state;
  struct osh_ipv6_route entry;
  assert_true(osh_parse_ipv6_route(TEXT(IPV6_ROUTE " 00000100 1 2 00000001 lo"), &entry));
  static const struct osh_text lines[] = {
      {"", 0},
      TEXT(IPV6_ROUTE),
      TEXT(IPV6_ROUTE " 00000100 1 2 00000001"),
      TEXT(IPV6_ROUTE " 00000100 1 2 100000001 lo"),
      TEXT(IPV6_ROUTE " 00000100 1 2 0000000x lo"),
      TEXT(IPV6_ROUTE " 100000100 1 2 00000001 lo"),
      TEXT(IPV6_ROUTE " -1 1 2 00000001 lo"),
      TEXT(IPV6_ROUTE " 00000100 1 2 00000001 " SIXTEEN_LETTERS),
      TEXT(IPV6_ROUTE " 00000100 1 2 00000001 l\0o"),
      TEXT("1 30 " ZEROS " 00 " ZEROS " 00000100 1 2 00000001 lo"),
  };
  assert_all_refused(lines, LENGTH_OF(lines), parses_ipv6_route);
}

static void test_ipv6_route_of_the_host(void **state) {
  (void)state;
  struct osh_ipv6_route entry;
  assert_true(osh_parse_ipv6_route(TEXT(IPV6_ROUTE " 00000100 1 2 00000001 d0"), &entry));
  assert_int_equal(entry.metric, 256);
  assert_int_equal(entry.destination[0], 0xfd);
  assert_false(entry.local);
  assert_true(osh_parse_ipv6_route(TEXT(IPV6_ROUTE " ffffffff 1 2 80200001 d0"), &entry));
  assert_int_equal(entry.metric, UINT32_MAX);
  assert_true(entry.local); // RTF_LOCAL
  assert_false(entry.reject);
  assert_true(osh_parse_ipv6_route(TEXT(IPV6_ROUTE " 0 1 2 00100001 d0"), &entry));
  assert_true(entry.local); // RTF_ANYCAST
  assert_false(entry.reject);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_route_capture),        cmocka_unit_test(test_route_on_link),
    cmocka_unit_test(test_route_truncated),      cmocka_unit_test(test_route_any_byte),
    cmocka_unit_test(test_route_malformed),      cmocka_unit_test(test_ipv6_route_capture),
    cmocka_unit_test(test_ipv6_route_truncated), cmocka_unit_test(test_ipv6_route_any_byte),
    cmocka_unit_test(test_ipv6_route_malformed), cmocka_unit_test(test_ipv6_route_of_the_host),
};

RUN_TESTS(tests)
