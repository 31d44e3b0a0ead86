// See namespace.h.

#include "namespace.h"

#include <sys/types.h>
#include <unistd.h>

bool osh_namespace_text(char text[OSH_NAMESPACE_TEXT_MAX]) {
  // Not stat(2), which programs for glibc 2.17 cannot import by this name.
  ssize_t length = readlink("/proc/thread-self/ns/net", text, OSH_NAMESPACE_TEXT_MAX - 1);
  text[length > 0 ? length : 0] = '\0';
  return length > 0;
}
