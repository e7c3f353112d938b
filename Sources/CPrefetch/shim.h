#pragma once

// Asks the processor for a line of memory that will be read soon. A hint alone: any address is safe.
static inline void prefetch(const void *address) {
    __builtin_prefetch(address);
}
