// kernel/proc_net.c over a scripted kernel: how a file is read whole, and how that fails.

#include "answers.h"

#include "kernel/proc_net.h"

#include <stdio.h>

// The longest line of these files, of /proc/net/dev (dev_seq_printf_stats()).
#define LONGEST_LINE 353
#define PAGE ((size_t)4096)

static void assert_contents(enum osh_proc_net_file file, const struct answers *answers,
                            const char *expected, size_t length, bool changed) {
  uint8_t *copy = start_script(answers);
  struct osh_contents contents;
  int error = osh_proc_net_read(file, &contents);
  end_script(copy);
  assert_int_equal(error, 0);
  assert_int_equal(contents.changed, changed);
  assert_null(contents.call);
  assert_int_equal(contents.text.length, length);
  assert_ptr_equal(contents.text.bytes, contents.bytes);
  if (length > 0)
    assert_memory_equal(contents.text.bytes, expected, length);
  free(contents.bytes);
}

// Reads /proc/net/dev, and asserts that it is the first `length` bytes of `expected`.
static void assert_file(const struct answers *answers, const char *expected, size_t length) {
  assert_contents(OSH_PROC_NET_DEV, answers, expected, length, false);
}

// The same answers to another reading: more than one read(2) is not trusted at once.
static void answer_again(struct answers *answers) {
  const struct answers first = *answers;
  put_bytes(answers, first.bytes, first.length);
}

static void assert_failure(enum osh_proc_net_file file, const struct answers *answers, int expected,
                           const char *call) {
  uint8_t *copy = start_script(answers);
  struct osh_contents contents;
  int error = osh_proc_net_read(file, &contents);
  end_script(copy);
  assert_int_equal(error, expected);
  assert_string_equal(contents.call, call);
  assert_null(contents.bytes);
}

// Fills a buffer with lines, of which the last ends at `end`.
static void fill_with_lines(char *bytes, size_t size, size_t end) {
  memset(bytes, 'a', size);
  for (size_t i = 99; i < end; i += 100)
    bytes[i] = '\n';
  bytes[end - 1] = '\n';
}

static void test_one_short_read(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_file(&answers, "one\ntwo\n");
  assert_file(&answers, "one\ntwo\n", 8);
}

static void test_empty_file(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_file(&answers, "");
  assert_file(&answers, "", 0);
}

// The kernel ends a page where the next line does not fit: up to 353 bytes before its end.
static void test_page_that_lacks_one_line(void **state) {
  (void)state;
  static const size_t lacks[] = {0, 1, 255, 256, 257, 300, LONGEST_LINE - 1, LONGEST_LINE};
  for (size_t i = 0; i < LENGTH_OF(lacks); i++) {
    const size_t first = PAGE - lacks[i];
    char bytes[2 * PAGE];
    fill_with_lines(bytes, sizeof(bytes), first);
    memset(bytes + first, 'b', LONGEST_LINE);
    bytes[first + LONGEST_LINE - 1] = '\n';
    struct answers answers = {0};
    succeed(&answers, 0); // open
    answer_bytes(&answers, bytes, first);
    answer_bytes(&answers, bytes + first, LONGEST_LINE);
    answer_again(&answers);
    assert_file(&answers, bytes, first + LONGEST_LINE);
  }
}

// A full page is not the last one.
static void test_two_full_pages(void **state) {
  (void)state;
  char bytes[2 * PAGE];
  fill_with_lines(bytes, sizeof(bytes), 2 * PAGE);
  bytes[PAGE - 1] = '\n';
  struct answers answers = {0};
  succeed(&answers, 0); // open
  answer_bytes(&answers, bytes, PAGE);
  answer_bytes(&answers, bytes + PAGE, PAGE);
  answer_bytes(&answers, "", 0);
  answer_again(&answers);
  assert_file(&answers, bytes, 2 * PAGE);
}

static void test_read_that_ends_within_a_line(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // open
  answer_bytes(&answers, "one\ntw", 6);
  answer_bytes(&answers, "o\n", 2);
  answer_again(&answers);
  assert_file(&answers, "one\ntwo\n", 8);
}

static void test_interrupted_reads(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // open
  refuse(&answers, EINTR);
  answer_bytes(&answers, "one\ntw", 6);
  refuse(&answers, EINTR);
  answer_bytes(&answers, "o\n", 2);
  answer_again(&answers);
  assert_file(&answers, "one\ntwo\n", 8);
}

static void test_endless_interruptions(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // open
  for (int i = 0; i < 64; i++)
    refuse(&answers, EINTR);
  assert_failure(OSH_PROC_NET_ROUTE, &answers, -EINTR, "read(/proc/net/route)");
}

// Without thread-self, the file of the thread group leader.
static void test_second_path(void **state) {
  (void)state;
  struct answers answers = {0};
  refuse(&answers, ENOENT);
  answer_file(&answers, "one\n");
  assert_file(&answers, "one\n", 4);
}

static void test_both_paths_refused(void **state) {
  (void)state;
  static const struct {
    enum osh_proc_net_file file;
    const char *call;
  } files[] = {{OSH_PROC_NET_DEV, "open(/proc/net/dev)"},
               {OSH_PROC_NET_IF_INET6, "open(/proc/net/if_inet6)"},
               {OSH_PROC_NET_IPV6_ROUTE, "open(/proc/net/ipv6_route)"},
               {OSH_PROC_NET_ROUTE, "open(/proc/net/route)"}};
  for (size_t i = 0; i < LENGTH_OF(files); i++) {
    struct answers answers = {0};
    refuse(&answers, ENOENT);
    refuse(&answers, EACCES);
    assert_failure(files[i].file, &answers, -EACCES, files[i].call);
  }
}

static void test_read_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0); // open
  answer_bytes(&answers, "tw", 2);
  refuse(&answers, EIO);
  assert_failure(OSH_PROC_NET_IF_INET6, &answers, -EIO, "read(/proc/net/if_inet6)");
}

// A reading of two lines, in two reads: the second ends within a page.
static void answer_lines(struct answers *answers, const char *first, const char *second) {
  char text[512];
  const size_t length = (size_t)snprintf(text, sizeof(text), "%s\n%s\n", first, second);
  succeed(answers, 0); // open
  answer_bytes(answers, text, length - 1);
  answer_bytes(answers, text + length - 1, 1);
}

// Readings of a file whose second line changes.
static void assert_readings(enum osh_proc_net_file file, const char *const lines[], size_t count,
                            bool changed) {
  struct answers answers = {0};
  char last[512];
  for (size_t i = 0; i < count; i++)
    answer_lines(&answers, "first", lines[i]);
  const size_t length = (size_t)snprintf(last, sizeof(last), "first\n%s\n", lines[count - 1]);
  assert_contents(file, &answers, last, length, changed);
}

static void test_two_equal_readings(void **state) {
  (void)state;
  static const char *const lines[] = {"a", "b", "ab", "ab"};
  for (int file = OSH_PROC_NET_DEV; file <= OSH_PROC_NET_ROUTE; file++) {
    assert_readings((enum osh_proc_net_file)file, lines + 2, 2, false);
    assert_readings((enum osh_proc_net_file)file, lines + 1, 3, false);
    assert_readings((enum osh_proc_net_file)file, lines, 4, false);
  }
}

// The fourth reading is the last, also if it differs.
static void test_changes_during_each_reading(void **state) {
  (void)state;
  static const char *const lines[] = {"a", "b", "a", "ab"};
  for (int file = OSH_PROC_NET_DEV; file <= OSH_PROC_NET_ROUTE; file++)
    assert_readings((enum osh_proc_net_file)file, lines, 4, true);
}

static void test_another_number_of_lines(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_lines(&answers, "one", "two\nthree");
  answer_lines(&answers, "one", "two");
  answer_lines(&answers, "one", "two\nthree");
  answer_lines(&answers, "one", "two\nthree");
  assert_contents(OSH_PROC_NET_IF_INET6, &answers, "one\ntwo\nthree\n", 14, false);
}

// In dev everything behind the name is a counter, in ipv6_route the number of references.
static void test_counters_do_not_count(void **state) {
  (void)state;
  static const char *const dev[] = {"  eth0: 1 2", "  eth0: 34 56"};
  assert_readings(OSH_PROC_NET_DEV, dev, 2, false);
  static const char *const names[] = {"  eth0: 1 2", "  eth1: 1 2", "  eth1: 1 2"};
  assert_readings(OSH_PROC_NET_DEV, names, 3, false);

#define IPV6 "fd000000000000000000000000000001"
#define ROUTE(references, device)                                                                  \
  IPV6 " 40 " IPV6 " 00 " IPV6 " 00000100 " references " 00000000 00000001     " device
  static const char *const routes[] = {ROUTE("00000001", "eth0"), ROUTE("0000ffff", "eth0")};
  assert_readings(OSH_PROC_NET_IPV6_ROUTE, routes, 2, false);
  static const char *const devices[] = {ROUTE("00000001", "eth0"), ROUTE("00000001", "eth1"),
                                        ROUTE("00000001", "eth1")};
  assert_readings(OSH_PROC_NET_IPV6_ROUTE, devices, 3, false);
}

static void test_second_reading_refused(void **state) {
  (void)state;
  struct answers answers = {0};
  answer_lines(&answers, "one", "two");
  refuse(&answers, EMFILE); // /proc/self is not tried
  assert_failure(OSH_PROC_NET_IF_INET6, &answers, -EMFILE, "open(/proc/net/if_inet6)");
}

// Sandboxes mount /dev/null, empty files and others over these.
static void test_another_file_system(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, SCRIPT_NOT_PROC);
  assert_failure(OSH_PROC_NET_ROUTE, &answers, -EBADMSG, "fstatfs(/proc/net/route)");
}

static void test_unknown_file_system(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, SCRIPT_NO_STATFS);
  answer_bytes(&answers, "line\n", 5);
  assert_file(&answers, "line\n", 5);

  answers.length = 0;
  succeed(&answers, SCRIPT_NO_STATFS);
  answer_bytes(&answers, "", 0);
  assert_failure(OSH_PROC_NET_DEV, &answers, -EBADMSG, "read(/proc/net/dev)");
}

static void test_last_line_without_newline(void **state) {
  (void)state;
  struct answers answers = {0};
  succeed(&answers, 0);
  answer_bytes(&answers, "line\nli", 7);
  answer_bytes(&answers, "", 0);
  assert_failure(OSH_PROC_NET_IPV6_ROUTE, &answers, -EBADMSG, "read(/proc/net/ipv6_route)");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_one_short_read),
    cmocka_unit_test(test_empty_file),
    cmocka_unit_test(test_page_that_lacks_one_line),
    cmocka_unit_test(test_two_full_pages),
    cmocka_unit_test(test_read_that_ends_within_a_line),
    cmocka_unit_test(test_interrupted_reads),
    cmocka_unit_test(test_endless_interruptions),
    cmocka_unit_test(test_second_path),
    cmocka_unit_test(test_both_paths_refused),
    cmocka_unit_test(test_read_refused),
    cmocka_unit_test(test_two_equal_readings),
    cmocka_unit_test(test_changes_during_each_reading),
    cmocka_unit_test(test_another_number_of_lines),
    cmocka_unit_test(test_counters_do_not_count),
    cmocka_unit_test(test_second_reading_refused),
    cmocka_unit_test(test_another_file_system),
    cmocka_unit_test(test_unknown_file_system),
    cmocka_unit_test(test_last_line_without_newline),
};

RUN_TESTS(tests)
