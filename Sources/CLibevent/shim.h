#ifndef SIGHTLINE_CLIBEVENT_SHIM_H
#define SIGHTLINE_CLIBEVENT_SHIM_H

// libevent's event-config.h defines _GNU_SOURCE. Unless the C library's feature macros are settled first, its
// fd_set differs from the one in Swift's Glibc module and the import fails.
#include <features.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Variadic, or hidden behind _GNU_SOURCE in Swift's Glibc module:

static inline void sightline_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// The number of cores that the process may run on, 0 if that can't be told.
static inline int sightline_affinity_cores(void) {
    unsigned long mask[128] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int cores = 0;
    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++) cores += __builtin_popcountl(mask[i]);
    return cores;
}

// Begins to load memory that will be written into the processor's caches. Any address will do.
static inline void sightline_prefetch(const void *memory, long bytes) {
    for (long i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)memory + i, 1);
}

// timerfd_create and timerfd_settime on the monotonic clock, without their header: it would make timespec this module's
// rather than Glibc's.

// A descriptor that is readable from the time on that was set; -1 and errno without one.
static inline int sightline_timer_create(void) {
    return (int)syscall(SYS_timerfd_create, 1 /* CLOCK_MONOTONIC */, EFD_NONBLOCK | EFD_CLOEXEC);
}

static inline void sightline_timer_set(int descriptor, long seconds, long nanoseconds) {
    long value[4] = {0, 0, seconds, nanoseconds};
    syscall(SYS_timerfd_settime, descriptor, 1 /* TFD_TIMER_ABSTIME */, value, 0);
}

#endif
