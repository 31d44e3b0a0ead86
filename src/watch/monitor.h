// A thread that waits until the kernel reports a change of links or addresses. It knows nothing of
// Node or N-API.
//
// While nothing changes, it makes no system call. It does not look at the reports: each says only
// that osh_read() may have another result. So nothing depends on reports that the kernel drops when
// they come faster than they are received (ENOBUFS, netlink(7)).
#pragma once

#include <pthread.h>
#include <stdatomic.h>

struct osh_monitor {
  int requests; // a netlink socket in the monitored network namespace, for osh_request.netlink
  int reports;  // a netlink socket in the multicast groups of links and addresses
  int control;  // an eventfd
  pthread_t thread;
  atomic_int error;              // negative errno of the thread, which then has ended; else 0
  void (*report)(void *context); // called in the thread
  void *context;
};

// Starts to monitor the calling thread's network namespace, which stays the same if the thread
// enters another. The monitor calls `report` after the first change, and not again before
// osh_monitor_arm(). Has three descriptors open.
//
// Returns 0, or a negative errno, and nothing is open or running: -ENOSYS if the program has no
// pthread_create(3).
int osh_monitor_start(struct osh_monitor *monitor, void (*report)(void *), void *context);

// Makes the monitor report one more change: one that came after the last report, or the next. Call
// it before each read: it also discards what earlier reads left on `requests`. Returns 0; or a
// negative errno if the thread has ended, because poll(2) failed.
int osh_monitor_arm(struct osh_monitor *monitor);

// Ends the thread, waits until it has ended, and closes the descriptors. `report` is not called
// afterwards.
void osh_monitor_stop(struct osh_monitor *monitor);
