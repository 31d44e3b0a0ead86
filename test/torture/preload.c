// The preload library as it is, but for the versions of dlopen(3) and dlsym(3) that it asks for on
// a machine it knows: the linker could not put others in their place.

#include "block.h"
#include "lists.h"

#include <dlfcn.h>
#include <errno.h>

#undef __x86_64__
#undef __aarch64__

#include "../../src/preload.c" // NOLINT(bugprone-suspicious-include)
