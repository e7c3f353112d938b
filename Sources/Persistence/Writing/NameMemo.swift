import MentionModel
import Pipeline

/// The numbers of names that come again and again, found by their bytes: no string is made of them.
///
/// Each name has one of 64 places by its hash, and the last that was learned keeps it. So names that are chosen to meet
/// in one place cost what names cost that are not here, never more.
struct NameMemo: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        var range: ByteRange
        var arena: ByteArena
        var number: Int32
    }

    private var entries = [Entry?](repeating: nil, count: 64)

    /// The number of a name that was learned, or nil.
    func number(of range: ByteRange, in arena: ByteArena) -> Int32? {
        arena.withField(range) { name in
            guard let name else { return nil }
            let hash = XXH64.hash(name)
            guard let entry = entries[Int(truncatingIfNeeded: hash & 63)], entry.hash == hash else { return nil }
            let isSame = entry.arena.withField(entry.range) { known in
                known.map { UnsafeRawBufferPointer($0).isEqual(to: UnsafeRawBufferPointer(name)) } ?? false
            }
            return isSame ? entry.number : nil
        }
    }

    /// Keeps a name, whose arena is kept with it.
    mutating func learn(_ range: ByteRange, in arena: ByteArena, _ number: Int32) {
        arena.withField(range) { name in
            guard let name else { return }
            let hash = XXH64.hash(name)
            entries[Int(truncatingIfNeeded: hash & 63)] = Entry(hash: hash, range: range, arena: arena, number: number)
        }
    }
}
