// Memory for the lists that the preload library returns, which it recognises when they are freed.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// A block's alignment.
#define OSH_BLOCK_ALIGNMENT sizeof(void *)

// Returns zeroed memory for a list of `size` bytes, or NULL. Free it by osh_block_free().
void *osh_block_make(size_t size);

// Whether this copy of the library made the list; `list` is any that libc or a copy returned.
bool osh_block_is_ours(const void *list);

// Frees a block of osh_block_make(), in any thread.
void osh_block_free(void *list);
