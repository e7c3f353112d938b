/// A name as the database compares it: byte for byte.
///
/// Swift's `String` takes canonically equivalent spellings for one ("é" as one scalar or as two). The database holds
/// them apart, so a dictionary keyed by `String` would give one of them the other's number, depending on which came
/// first.
struct ExactName: Hashable, Comparable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactName, right: ExactName) -> Bool {
        // The count is at hand; most unequal names differ in it.
        guard left.text.utf8.count == right.text.utf8.count else { return false }
        let answer = left.text.utf8.withContiguousStorageIfAvailable { left in
            right.text.utf8.withContiguousStorageIfAvailable { right in
                UnsafeRawBufferPointer(left).isEqual(to: UnsafeRawBufferPointer(right))
            }
        }
        // Only a string that another language's library holds is not in one piece.
        return (answer ?? nil) ?? left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// As the database's "C" collation orders.
    static func < (left: ExactName, right: ExactName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// The first eight bytes as a number that sorts as they do; a shorter name's is filled up with zeros.
    var prefix: UInt64 {
        var prefix: UInt64 = 0
        var room: UInt64 = 64
        for byte in text.utf8.prefix(8) {
            room -= 8
            prefix |= UInt64(byte) << room
        }
        return prefix
    }

    func hash(into hasher: inout Hasher) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
        if done == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes; eight at a time, where a generic comparison takes them one by one.
    @inline(__always)
    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index &+ 8 <= count {
            if loadUnaligned(fromByteOffset: index, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            {
                return false
            }
            index &+= 8
        }
        while index < count {
            if self[index] != other[index] { return false }
            index &+= 1
        }
        return true
    }
}
