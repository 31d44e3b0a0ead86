# psutil.net_if_addrs() as a contender; see contender.js for what is read and written.
import sys
import time

import psutil

for line in sys.stdin:
    times = int(line)
    start = time.perf_counter_ns()
    for _ in range(times):
        psutil.net_if_addrs()
    print((time.perf_counter_ns() - start) / times, flush=True)
