// For the contenders in C: reads numbers from standard input, makes that many calls, and prints the
// nanoseconds of one.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline int answer_samples(void (*call)(void)) {
  char line[64];
  while (fgets(line, sizeof(line), stdin) != NULL) {
    long times = strtol(line, NULL, 10);
    double start = now();
    for (long i = 0; i < times; i++)
      call();
    printf("%.1f\n", (now() - start) / (double)times);
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
