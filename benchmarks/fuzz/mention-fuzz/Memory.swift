import Foundation

/// The resident memory of this process.
enum ResidentMemory {
    /// Mebibytes, once the C library has given back what is free: an input that needs much for a moment else leaves
    /// it behind in pieces, which looks like growth. 0 where the system does not say.
    static func measure() -> Double {
        // Looked up by name: Swift's module of the C library leaves malloc.h out, and others than glibc's don't have it.
        if let trim = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
        }
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}
