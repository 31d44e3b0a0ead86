// What every unit test needs: cmocka with what it wants included before it, captured bytes, and
// copies that end where the bytes end, so that AddressSanitizer sees a read beyond.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof(*(array)))

// Puts a file below unit/captures into the program: `symbol` is its first byte, `symbol_end` the
// one behind its last. They are global: of local ones GNU's linker for ARM takes wrong addresses.
#define CAPTURE(symbol, file)                                                                      \
  __asm__(".pushsection .rodata\n"                                                                 \
          ".globl " #symbol ", " #symbol "_end\n"                                                  \
          ".balign 8\n" #symbol ":\n"                                                              \
          ".incbin \"unit/captures/" file "\"\n" #symbol "_end:\n"                                 \
          ".byte 0\n"                                                                              \
          ".popsection\n");                                                                        \
  extern const char(symbol)[];                                                                     \
  extern const char symbol##_end[]

// A copy of `length` bytes and not one more; never NULL.
static inline void *exact_copy(const void *bytes, size_t length) {
  void *copy = malloc(length == 0 ? 1 : length);
  assert_non_null(copy);
  if (length > 0)
    memcpy(copy, bytes, length);
  return copy;
}

// The whole of a test program's main(): runs the tests and prints TAP.
#define RUN_TESTS(tests)                                                                           \
  int main(void) {                                                                                 \
    cmocka_set_message_output(CM_OUTPUT_TAP);                                                      \
    return cmocka_run_group_tests(tests, NULL, NULL);                                              \
  }
