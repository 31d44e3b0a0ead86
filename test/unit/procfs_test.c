// The parsers of /proc/net: lines as a kernel writes them, cut at every length, and broken ones.

#include "unit.h"

#include "procfs.h"

static const char inet6_line[] = "fe8000000000000000fc00fffe000001 04 40 20 80     eth0";
static const char route_line[] =
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0                               ";
static const char ipv6_route_line[] =
    "ff000000000000000000000000000000 08 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0";

static struct osh_text text_of(const char *string) {
  return (struct osh_text){.bytes = string, .length = strlen(string)};
}

static void cuts_lines(void **state) {
  (void)state;
  struct osh_text rest = text_of("one\n\nthree\ncut short");
  struct osh_text line;
  assert_true(osh_next_line(&rest, &line));
  assert_memory_equal(line.bytes, "one", line.length);
  assert_true(osh_next_line(&rest, &line));
  assert_int_equal(line.length, 0);
  assert_true(osh_next_line(&rest, &line));
  assert_memory_equal(line.bytes, "three", line.length);
  assert_false(osh_next_line(&rest, &line));
  struct osh_text nothing = {0};
  assert_false(osh_next_line(&nothing, &line));
}

static void parses_if_inet6(void **state) {
  (void)state;
  static const uint8_t address[16] = {0xfe, 0x80, [9] = 0xfc, [11] = 0xff, [12] = 0xfe, [15] = 1};
  struct osh_if_inet6 entry;
  assert_true(osh_parse_if_inet6(text_of(inet6_line), &entry));
  assert_memory_equal(entry.bytes, address, 16);
  assert_int_equal(entry.ifindex, 4);
  assert_int_equal(entry.prefix_len, 64);
  assert_string_equal(entry.name, "eth0");
}

static void refuses_bad_if_inet6(void **state) {
  (void)state;
  static const char *const lines[] = {
      "",
      " ",
      "fe8000000000000000fc00fffe00000 04 40 20 80 eth0",
      "fe8000000000000000fc00fffe0000011 04 40 20 80 eth0",
      "ge8000000000000000fc00fffe000001 04 40 20 80 eth0",
      "fe8000000000000000fc00fffe000001 00 40 20 80 eth0",
      "fe8000000000000000fc00fffe000001 80000000 40 20 80 eth0",
      "fe8000000000000000fc00fffe000001 123456789 40 20 80 eth0",
      "fe8000000000000000fc00fffe000001 04 81 20 80 eth0",
      "fe8000000000000000fc00fffe000001 04 -1 20 80 eth0",
      "fe8000000000000000fc00fffe000001 04 40 20 eth0",
      "fe8000000000000000fc00fffe000001 04 40 20 80 sixteen-letters-",
  };
  struct osh_if_inet6 entry;
  for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
    assert_false(osh_parse_if_inet6(text_of(lines[i]), &entry));
}

static void parses_route(void **state) {
  (void)state;
  struct osh_route route;
  assert_true(osh_parse_route(text_of(route_line), &route));
  assert_string_equal(route.name, "eth0");
  assert_int_equal(route.destination, 0x000200C0);
  assert_int_equal(route.mask, 0x00FFFFFF);
  assert_true(route.on_link);
  assert_true(osh_parse_route(text_of("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0"),
                              &route));
  assert_false(route.on_link);
  assert_true(
      osh_parse_route(text_of("*\t0000000A\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0"), &route));
  assert_false(route.on_link);
  static const char nul[] = "et\0h\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0";
  assert_false(osh_parse_route((struct osh_text){nul, sizeof(nul) - 1}, &route));
  assert_false(osh_parse_route(text_of("Iface\tDestination\tGateway \tFlags\tRefCnt"), &route));
}

static void parses_ipv6_route(void **state) {
  (void)state;
  struct osh_ipv6_route route;
  assert_true(osh_parse_ipv6_route(text_of(ipv6_route_line), &route));
  assert_string_equal(route.name, "eth0");
  assert_false(route.reject);
  assert_true(osh_parse_ipv6_route(
      text_of("00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
              "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo"),
      &route));
  assert_true(route.reject);
}

// The copy is exactly as long as the line, so that a sanitizer sees a look past its end.
static void looks_no_further_than_the_line(void **state) {
  (void)state;
  struct osh_if_inet6 inet6;
  struct osh_route route;
  struct osh_ipv6_route ipv6_route;
  for (size_t length = 0; length < sizeof(ipv6_route_line); length++) {
    char *copy = exact_copy(ipv6_route_line, length);
    bool whole = osh_parse_ipv6_route((struct osh_text){copy, length}, &ipv6_route);
    assert_int_equal(whole, length > sizeof(ipv6_route_line) - 1 - 4);
    free(copy);
  }
  for (size_t length = 0; length < sizeof(inet6_line); length++) {
    char *copy = exact_copy(inet6_line, length);
    bool whole = osh_parse_if_inet6((struct osh_text){copy, length}, &inet6);
    assert_int_equal(whole, length > sizeof(inet6_line) - 1 - 4);
    free(copy);
  }
  for (size_t length = 0; length < sizeof(route_line); length++) {
    char *copy = exact_copy(route_line, length);
    (void)osh_parse_route((struct osh_text){copy, length}, &route);
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cuts_lines),           cmocka_unit_test(parses_if_inet6),
      cmocka_unit_test(refuses_bad_if_inet6), cmocka_unit_test(parses_route),
      cmocka_unit_test(parses_ipv6_route),    cmocka_unit_test(looks_no_further_than_the_line),
  };
  return run_tests_as_tap("procfs", tests, sizeof(tests) / sizeof(*tests));
}
