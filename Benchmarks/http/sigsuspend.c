// Preloaded under valgrind: its version 3.19, Debian 12's, writes into the mask that a program gives to sigsuspend, and
// ends where that is read-only, as libdispatch's is.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
