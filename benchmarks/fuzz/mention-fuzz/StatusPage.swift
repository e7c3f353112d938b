import Foundation
import Synchronization

/// A page of memory that a working process shares with the one that watches it: cheap to write before every input, and
/// still there when the writer has died.
final class StatusPage: @unchecked Sendable {
    // `@unchecked`: the two words are atomic, and the mapping lasts as long as the object.
    private let memory: UnsafeMutableRawPointer
    private static let size = 4096

    /// Maps a file, which is made where it is missing; nil where the system refuses.
    init?(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, Self.size) == 0,
            let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { return nil }
        self.memory = memory
    }

    deinit { munmap(memory, Self.size) }

    /// The number of the input that is being read; −1 before the first.
    var number: Int {
        get { memory.assumingMemoryBound(to: Atomic<Int>.self).pointee.load(ordering: .acquiring) - 1 }
        set { memory.assumingMemoryBound(to: Atomic<Int>.self).pointee.store(newValue + 1, ordering: .releasing) }
    }
}
