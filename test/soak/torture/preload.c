// The preload library without the symbol versions of dlopen(3) and dlsym(3) that it requires on
// some processors: the linker cannot wrap versioned symbols.

#include "preload/block.h"
#include "preload/lists.h"

#include <dlfcn.h>
#include <errno.h>

#undef __x86_64__
#undef __aarch64__

#include "../../../src/preload/preload.c" // NOLINT(bugprone-suspicious-include)
