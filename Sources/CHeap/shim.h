#pragma once
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// Heaps of the process, and from how many bytes on an allocation gets pages of its own, which go back when it is freed.
static inline void heap_bound(int heaps, int large) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, heaps);
    mallopt(M_MMAP_THRESHOLD, large);
#endif
}
