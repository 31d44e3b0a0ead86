// For every unit test: cmocka with the headers that it needs, captured bytes, and copies that end
// where the bytes end, so that AddressSanitizer detects a read beyond them.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof(*(array)))

// Links a file of captures/ into the program: `symbol` is its first byte, `symbol_end` the one
// after its last. The symbols are global, because GNU's linker for ARM resolves local ones wrongly.
#define CAPTURE(symbol, file)                                                                      \
  __asm__(".pushsection .rodata\n"                                                                 \
          ".globl " #symbol ", " #symbol "_end\n"                                                  \
          ".balign 8\n" #symbol ":\n"                                                              \
          ".incbin \"behaviour/unit/captures/" file "\"\n" #symbol "_end:\n"                       \
          ".byte 0\n"                                                                              \
          ".popsection\n");                                                                        \
  extern const char(symbol)[];                                                                     \
  extern const char symbol##_end[]

// Returns a copy of exactly `length` bytes; never NULL.
static inline void *exact_copy(const void *bytes, size_t length) {
  void *copy = malloc(length == 0 ? 1 : length);
  assert_non_null(copy);
  if (length > 0)
    memcpy(copy, bytes, length);
  return copy;
}

// The main() of a test program: runs the tests and prints TAP.
#define RUN_TESTS(tests)                                                                           \
  int main(void) {                                                                                 \
    cmocka_set_message_output(CM_OUTPUT_TAP);                                                      \
    return cmocka_run_group_tests(tests, NULL, NULL);                                              \
  }
