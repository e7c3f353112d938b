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
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// As the database's "C" collation orders.
    static func < (left: ExactName, right: ExactName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
