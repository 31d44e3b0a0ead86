// See strings.h.

#include "strings.h"

#include <string.h>

char *osh_strings_end(const struct osh_strings *strings) {
  return strings->bytes + strings->length;
}

uint32_t osh_end_string(struct osh_strings *strings, size_t length) {
  strings->length += length;
  strings->bytes[strings->length++] = '\0';
  return strings->count++;
}

uint32_t osh_append_string(struct osh_strings *strings, const char *string) {
  size_t length = strlen(string);
  memcpy(osh_strings_end(strings), string, length);
  for (size_t i = 0; i < length; i++)
    strings->ascii &= (string[i] & 0x80) == 0;
  return osh_end_string(strings, length);
}
