// Memory for lists; see block.h.
//
// Recognising a list must not need a guess, a table (a lock would not survive fork(2)), or memory
// that libc owns. The address alone tells libc's lists apart: getifaddrs(3) and if_nameindex(3)
// return what malloc() returned, since glibc, musl and bionic pass the same pointer to free(), and
// their malloc() aligns to two pointers at least. Ours begin one pointer later, where no block of
// malloc() begins. The owner is stored before the list, in the same aligned unit of memory, which
// is readable if the list is: it tells apart a malloc() that aligns less, and another copy of this
// library.

#include "block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The alignment of every malloc(). Not that of max_align_t, which is one pointer's on s390x, and
// on i386 four times a pointer's, to which old versions of glibc do not align.
#define UNIT (2 * sizeof(void *))

// Its address marks the lists of this copy of the library.
static const char owner;

// What stands right before a list. Of a list that another library may have made, only `owner` may
// be read.
struct block {
  void *base; // as malloc() returned it
  const void *owner;
};

// Not by aligned_alloc(): a program with its own malloc() and free() may lack it.
void *osh_block_make(size_t size) {
  const size_t most = sizeof(struct block) + 2 * UNIT;
  char *base = size > PTRDIFF_MAX - most ? NULL : calloc(1, size + most);
  if (base == NULL)
    return NULL;
  const uintptr_t first = (uintptr_t)base + sizeof(struct block);
  const uintptr_t list = (first + UNIT - 1) / UNIT * UNIT + OSH_BLOCK_ALIGNMENT;
  const struct block block = {.base = base, .owner = &owner};
  char *made = base + (list - (uintptr_t)base);
  memcpy(made - sizeof(block), &block, sizeof(block));
  return made;
}

bool osh_block_is_ours(const void *list) {
  if ((uintptr_t)list % UNIT != OSH_BLOCK_ALIGNMENT)
    return false;
  const void *maker;
  memcpy(&maker, (const char *)list - sizeof(maker), sizeof(maker));
  return maker == &owner;
}

void osh_block_free(void *list) {
  struct block block;
  memcpy(&block, (const char *)list - sizeof(block), sizeof(block));
  free(block.base);
}
