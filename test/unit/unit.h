// What every C unit test needs: cmocka, and exact copies of bytes, so that a sanitizer sees one
// read too many.
#pragma once

// cmocka.h wants these four before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static inline void *exact_copy(const void *bytes, size_t length) {
  void *copy = malloc(length > 0 ? length : 1);
  assert_non_null(copy);
  return length > 0 ? memcpy(copy, bytes, length) : copy;
}

static inline int run_tests_as_tap(const char *name, const struct CMUnitTest *tests, size_t count) {
  cmocka_set_message_output(CM_OUTPUT_TAP);
  return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}
