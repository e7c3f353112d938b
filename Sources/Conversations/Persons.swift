/// Authors that are one person, because somebody has said so. Whoever is not named is a person alone.
///
/// Look-ups are O(1), and cost nothing while nobody is joined.
public struct Persons: Sendable, Equatable {
    private struct Account: Sendable, Equatable {
        var person: Int64
        var place: Int16
    }

    private var known: [Int64: Account] = [:]
    private var members: [Int64: [Int64]] = [:]

    /// Nobody is joined.
    public init() {}

    /// Whether nobody is joined.
    public var isEmpty: Bool { known.isEmpty }

    /// Takes an account of a person; those of one person in the order of their place, from 1 on.
    ///
    /// - Parameters:
    ///   - author: the account's author number.
    ///   - person: the author number of the person's first account.
    public mutating func add(_ author: Int64, to person: Int64, place: Int16) {
        known[author] = Account(person: person, place: place)
        members[person, default: []].append(author)
    }

    /// The author number of the first account of the author's person.
    public func person(of author: Int64) -> Int64 {
        known.isEmpty ? author : known[author]?.person ?? author
    }

    /// All accounts of the author's person, in order.
    public func accounts(of author: Int64) -> [Int64] { members[person(of: author)] ?? [author] }

    /// The account's place among those of its person, from 1 on: by names, so it is the same in every database.
    public func place(of author: Int64) -> Int16 { known.isEmpty ? 1 : known[author]?.place ?? 1 }
}
