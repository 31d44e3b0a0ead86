// The core without Node: a snapshot read and freed.
//
// With --count it is read twice under valgrind, and only the second time counted (the first one
// resolves symbols): see count.js.

#include "sample.h"

#include "../src/snapshot.h"
#include <err.h>
#include <string.h>

static void call(void) {
  struct osh_snapshot snapshot;
  if (osh_snapshot_read(&snapshot, OSH_SOURCES_ALL) != 0)
    errx(EXIT_FAILURE, "no source answered");
  osh_snapshot_free(&snapshot);
}

int main(void) {
  return answer_samples(call);
}
