#ifndef SIGHTLINE_FUZZER_H
#define SIGHTLINE_FUZZER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

// libFuzzer as a library (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library). The compiler ships no
// header for it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

// Whether the other end has yet to read what was sent (of TCP: yet to acknowledge it). ioctl is variadic, which Swift
// can't call.
static inline int fuzzer_has_unread_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 && count > 0;
}

#endif
