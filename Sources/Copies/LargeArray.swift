private import CPrefetch

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// Arrays that are read at random and larger than what the processor's table of pages covers.
enum LargeArray {
    /// Smaller arrays gain nothing.
    private static let least = 4 << 20
    private static let hugePage = 2 << 20

    /// An array of `count` equal elements. The system is asked for huge pages, where it has them: a look-up into many
    /// places then misses the cache, but not the table of pages too.
    static func make<Element: BitwiseCopyable>(repeating element: Element, count: Int) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Before the first write: pages that are there already stay small.
            askForHugePages(UnsafeMutableRawBufferPointer(buffer))
            buffer.initialize(repeating: element)
            initialized = count
        }
    }

    /// Begins to fetch the memory of an element that will be looked at soon, so that many can come side by side. Nothing
    /// waits for it.
    @inline(__always)
    static func fetch<Element: BitwiseCopyable>(_ array: [Element], _ index: Int) {
        array.withUnsafeBufferPointer { elements in
            guard index < elements.count, let base = elements.baseAddress else { return }
            prefetch(base + index)
        }
    }

    /// A hint alone: where it is refused, all is as before.
    private static func askForHugePages(_ memory: UnsafeMutableRawBufferPointer) {
        #if os(Linux)
            guard memory.count >= least, let base = memory.baseAddress else { return }
            let over = Int(bitPattern: base) & (hugePage - 1)
            let skipped = over == 0 ? 0 : hugePage - over
            let length = (memory.count - skipped) & ~(hugePage - 1)
            _ = madvise(base + skipped, length, MADV_HUGEPAGE)
        #endif
    }
}
