// Strings that the addon passes to JavaScript together. Calls no N-API.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A NUL follows each string, and no string contains one.
struct osh_strings {
  char *bytes; // the caller allocates enough
  size_t length;
  uint32_t count;
  bool ascii; // a name can be any bytes
};

// Where the next string goes.
char *osh_strings_end(const struct osh_strings *strings);

// Ends the ASCII string of `length` bytes that was written at the end. Returns its index.
uint32_t osh_end_string(struct osh_strings *strings, size_t length);

// Appends a terminated string of any bytes. Returns its index.
uint32_t osh_append_string(struct osh_strings *strings, const char *string);
