// Addresses as text; see text.h.

#include "text.h"

#include <sys/socket.h>

static const char digits[] = "0123456789abcdef";

static size_t decimal(unsigned value, char *text) {
  size_t length = 0;
  if (value >= 100)
    text[length++] = digits[value / 100];
  if (value >= 10)
    text[length++] = digits[value / 10 % 10];
  text[length++] = digits[value % 10];
  return length;
}

static size_t hexadecimal(unsigned value, char *text) {
  size_t length = 0;
  for (int shift = 12; shift > 0; shift -= 4)
    if (length > 0 || value >> shift != 0)
      text[length++] = digits[value >> shift & 15];
  text[length++] = digits[value & 15];
  return length;
}

size_t osh_ipv4_text(const uint8_t *bytes, char *text) {
  size_t length = decimal(bytes[0], text);
  for (int i = 1; i < 4; i++) {
    text[length++] = '.';
    length += decimal(bytes[i], text + length);
  }
  return length;
}

// Returns where the longest run of zero words starts, the first of several. A run has two words at
// least; without one, returns -1 and sets `*length` to 0.
static int longest_zeros(const unsigned *words, int *length) {
  int start = -1;
  *length = 0;
  for (int i = 0, run = 0; i < 8; i++) {
    run = words[i] == 0 ? run + 1 : 0;
    if (run >= 2 && run > *length) {
      *length = run;
      start = i - run + 1;
    }
  }
  return start;
}

size_t osh_ipv6_text(const uint8_t *bytes, char *text) {
  unsigned words[8];
  for (size_t i = 0; i < 8; i++)
    words[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
  int zeros;
  int start = longest_zeros(words, &zeros);
  // An IPv4 address at the end: compatible (::a.b.c.d) or mapped (::ffff:a.b.c.d).
  int embedded = start == 0 && (zeros == 6 || (zeros == 5 && words[5] == 0xffff)) ? 6 : 8;

  size_t length = 0;
  for (int i = 0; i < embedded; i++) {
    if (i == start) {
      text[length++] = ':';
      i += zeros - 1;
      continue;
    }
    if (i > 0)
      text[length++] = ':';
    length += hexadecimal(words[i], text + length);
  }
  if (embedded == 6) {
    text[length++] = ':';
    return length + osh_ipv4_text(bytes + 12, text + length);
  }
  if (start >= 0 && start + zeros == 8)
    text[length++] = ':';
  return length;
}

size_t osh_address_text(uint8_t family, const uint8_t *bytes, char *text) {
  return family == AF_INET ? osh_ipv4_text(bytes, text) : osh_ipv6_text(bytes, text);
}

size_t osh_hwaddr_text(const uint8_t *bytes, size_t count, char *text) {
  size_t length = 0;
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      text[length++] = ':';
    text[length++] = digits[bytes[i] >> 4];
    text[length++] = digits[bytes[i] & 15];
  }
  return length;
}

size_t osh_mac_text(const uint8_t *bytes, char *text) {
  return osh_hwaddr_text(bytes, 6, text);
}
