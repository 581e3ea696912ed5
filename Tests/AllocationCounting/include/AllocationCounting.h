#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Whether this program counts allocations: it needs glibc, and no sanitizer, which has an allocator of its own.
bool counts_allocations(void);

/// How often the calling thread has asked for memory so far: malloc, calloc, realloc and their aligned kin, whoever
/// called them. Counted by thread, so that other threads' work doesn't show.
uint64_t allocation_count(void);
