// Lines of /proc/net for the unit tests: found in a capture, truncated at every length, and with
// any byte at any position.
#pragma once

#include "unit.h"

#include "sources/procfs_parse.h"

#define TEXT_OF(capture) ((struct osh_text){capture, (size_t)(capture##_end - (capture))})
#define TEXT(literal) ((struct osh_text){literal, sizeof(literal) - 1})

#define SIXTEEN_LETTERS "abcdefghijklmnop"

static inline size_t count_parsed(struct osh_text text, bool (*parses)(struct osh_text)) {
  size_t count = 0;
  for (struct osh_text line; osh_next_line(&text, &line);)
    count += parses(line);
  return count;
}

// Returns the first line that contains `word`.
static inline struct osh_text line_with(struct osh_text text, const char *word) {
  for (struct osh_text line; osh_next_line(&text, &line);)
    if (memmem(line.bytes, line.length, word, strlen(word)) != NULL)
      return line;
  fail_msg("no line with %s", word);
  return text;
}

// Asserts that a line truncated to `least` bytes or more parses, and a shorter one does not.
static inline void assert_needs(struct osh_text line, size_t least,
                                bool (*parses)(struct osh_text)) {
  for (size_t length = 0; length <= line.length; length++) {
    char *copy = exact_copy(line.bytes, length);
    bool parsed = parses((struct osh_text){copy, length});
    free(copy);
    if (parsed != (length >= least))
      fail_msg("truncated to %zu bytes: %s", length, parsed ? "parsed" : "refused");
  }
}

static inline void assert_all_refused(const struct osh_text *lines, size_t count,
                                      bool (*parses)(struct osh_text)) {
  for (size_t i = 0; i < count; i++) {
    char *copy = exact_copy(lines[i].bytes, lines[i].length);
    bool parsed = parses((struct osh_text){copy, lines[i].length});
    free(copy);
    if (parsed)
      fail_msg("parsed: %.*s", (int)lines[i].length, lines[i].bytes);
  }
}

// Parses the line with every byte at every position; only sanitizers can find something.
static inline void assert_survives_any_byte(struct osh_text line, bool (*parses)(struct osh_text)) {
  char *copy = exact_copy(line.bytes, line.length);
  for (size_t i = 0; i < line.length; i++) {
    for (int byte = 0; byte < 256; byte++) {
      copy[i] = (char)byte;
      (void)parses((struct osh_text){copy, line.length});
    }
    copy[i] = line.bytes[i];
  }
  assert_true(parses((struct osh_text){copy, line.length}));
  free(copy);
}
