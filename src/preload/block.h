// Memory for the lists that the preload library returns, which it recognises when they are freed.
//
// It must not guess, keep a table (a lock would not survive fork(2)), or look into memory that libc
// owns. The address alone tells libc's lists apart: getifaddrs(3) and if_nameindex(3) return what
// malloc() returned, since glibc, musl and bionic pass the same pointer to free(), and malloc()
// aligns for max_align_t (C11, 7.22.3). Ours begin half that alignment later, where no block of
// malloc() begins. The owner is stored before the list, in the same aligned unit of memory, which
// is readable if the list is: it tells apart a malloc() that aligns less, and another copy of this
// library.
#pragma once

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OSH_BLOCK_OFFSET (alignof(max_align_t) / 2)

_Static_assert(sizeof(void *) <= OSH_BLOCK_OFFSET, "the owner fits before the list");

// What stands right before a list. Of a list that another library may have made, only `owner` may
// be read.
struct osh_block {
  void *base; // as malloc() returned it
  const void *owner;
};

// Returns zeroed memory for a list of `size` bytes, aligned to OSH_BLOCK_OFFSET, or NULL. Free it
// by osh_block_free(). Not by aligned_alloc(): a program with its own malloc() and free() may lack
// it.
static inline void *osh_block_make(const void *owner, size_t size) {
  const uintptr_t unit = alignof(max_align_t);
  const size_t most = sizeof(struct osh_block) + 2 * unit;
  char *base = size > PTRDIFF_MAX - most ? NULL : calloc(1, size + most);
  if (base == NULL)
    return NULL;
  const uintptr_t first = (uintptr_t)base + sizeof(struct osh_block);
  const uintptr_t list = (first + unit - 1) / unit * unit + OSH_BLOCK_OFFSET;
  const struct osh_block block = {.base = base, .owner = owner};
  char *made = base + (list - (uintptr_t)base);
  memcpy(made - sizeof(block), &block, sizeof(block));
  return made;
}

// Whether `owner` made the list; `list` is any that libc or a copy of this library returned.
static inline bool osh_block_is_of(const void *owner, const void *list) {
  if ((uintptr_t)list % alignof(max_align_t) != OSH_BLOCK_OFFSET)
    return false;
  const void *maker;
  memcpy(&maker, (const char *)list - sizeof(maker), sizeof(maker));
  return maker == owner;
}

static inline void osh_block_free(void *list) {
  struct osh_block block;
  memcpy(&block, (const char *)list - sizeof(block), sizeof(block));
  free(block.base);
}
