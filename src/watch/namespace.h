// Which network namespace the calling thread is in.
#pragma once

#include <stdbool.h>

// The kernel's text for a namespace, such as "net:[4026531840]", and its NUL.
#define OSH_NAMESPACE_TEXT_MAX 32

// Writes the kernel's text for the calling thread's network namespace. Returns false, with an empty
// text, where /proc does not show it.
bool osh_namespace_text(char text[OSH_NAMESPACE_TEXT_MAX]);
