public import MentionModel

/// A mention and what it points at, both counted: one row of `thread_link`. It holds all of both that anything is
/// summed from.
public struct ThreadLink: Sendable, Equatable {
    /// What names a link, in the order of the table's key.
    public struct Key: Hashable, Comparable, Sendable {
        /// Parent, kind and the child's author: of these links one counts.
        public var pair: Pair
        /// The child's `published_at`.
        public var at: Timestamp
        /// The child's number.
        public var child: Int64

        /// Makes a key.
        public init(pair: Pair, at: Timestamp, child: Int64) {
            self.pair = pair
            self.at = at
            self.child = child
        }

        /// The order of the table's key.
        public static func < (left: Key, right: Key) -> Bool {
            left.pair != right.pair
                ? left.pair < right.pair : (left.at, left.child) < (right.at, right.child)
        }
    }

    /// All that one author did to one mention in one way.
    public struct Pair: Hashable, Comparable, Sendable {
        /// The parent's number.
        public var parent: Int64
        /// How the children hang on it.
        public var kind: ThreadKind
        /// The children's author.
        public var author: Int64

        /// Makes a pair.
        public init(parent: Int64, kind: ThreadKind, author: Int64) {
            self.parent = parent
            self.kind = kind
            self.author = author
        }

        /// The order of the table's key.
        public static func < (left: Pair, right: Pair) -> Bool {
            (left.parent, left.kind.rawValue, left.author) < (right.parent, right.kind.rawValue, right.author)
        }
    }

    /// How the child hangs on the parent.
    public var kind: ThreadKind
    /// What points.
    public var child: ThreadEnd
    /// What is pointed at.
    public var parent: ThreadEnd

    /// Makes a link.
    public init(kind: ThreadKind, child: ThreadEnd, parent: ThreadEnd) {
        self.kind = kind
        self.child = child
        self.parent = parent
    }

    /// What names it.
    public var key: Key {
        Key(
            pair: Pair(parent: parent.number, kind: kind, author: child.author),
            at: child.publishedAt,
            child: child.number
        )
    }

    /// The order within a pair: the first counts. What two links count for that are not told apart by it is the same,
    /// so no number that differs between databases decides anything.
    public static func isBefore(_ left: ThreadLink, _ right: ThreadLink) -> Bool {
        isBefore(left, right, among: Persons())
    }

    /// The same among the links of one person's accounts.
    public static func isBefore(_ left: ThreadLink, _ right: ThreadLink, among persons: Persons) -> Bool {
        if left.child.publishedAt != right.child.publishedAt { return left.child.publishedAt < right.child.publishedAt }
        if left.child.sentiment != right.child.sentiment {
            return (left.child.sentiment ?? -2) > (right.child.sentiment ?? -2)
        }
        if left.child.brands != right.child.brands {
            return left.child.brands.lexicographicallyPrecedes(right.child.brands)
        }
        if left.child.author != right.child.author {
            let (one, other) = (persons.place(of: left.child.author), persons.place(of: right.child.author))
            if one != other { return one < other }
        }
        return left.child.number < right.child.number
    }

    /// What it counts for as the first of its pair: a change of up to two rows per brand.
    ///
    /// What somebody does to his own mention counts nothing, whichever of his accounts it is of. An answer is a dialogue for the brands of what it answers,
    /// or for its own where that has none, on its day; what comes back to an author counts for the brands of his mention
    /// alone, and on the day of that: there he has said something of the brand.
    public func contributions(among persons: Persons = Persons()) -> [(key: ThreadLedgerKey, sums: ThreadSums)] {
        guard kind != .conversation, persons.person(of: child.author) != persons.person(of: parent.author) else {
            return []
        }
        let earned = parent.publishedAt.day
        if kind == .repost {
            return parent.brands.map { brand in
                (ThreadLedgerKey(brand: brand, day: earned, author: parent.author), ThreadSums(repostsGot: 1))
            }
        }
        var counted: [(key: ThreadLedgerKey, sums: ThreadSums)] = []
        let defends = !parent.brands.isEmpty && parent.sentiment == -1 && child.sentiment == 1
        for brand in parent.brands.isEmpty ? child.brands : parent.brands {
            counted.append(
                (
                    ThreadLedgerKey(brand: brand, day: child.publishedAt.day, author: child.author),
                    ThreadSums(dialogues: 1, defences: defends ? 1 : 0)
                )
            )
        }
        for brand in parent.brands {
            counted.append(
                (ThreadLedgerKey(brand: brand, day: earned, author: parent.author), ThreadSums(repliesGot: 1))
            )
        }
        return counted
    }
}

/// A row of `thread_ledger`, in the order of its key.
public struct ThreadLedgerKey: Hashable, Comparable, Sendable {
    /// The brand's number.
    public var brand: Int32
    /// Days since 1970-01-01, UTC, of the answer or repost.
    public var day: Int32
    /// The author's number.
    public var author: Int64

    /// Makes a key.
    public init(brand: Int32, day: Int32, author: Int64) {
        self.brand = brand
        self.day = day
        self.author = author
    }

    /// The lock order.
    public static func < (left: ThreadLedgerKey, right: ThreadLedgerKey) -> Bool {
        (left.brand, left.day, left.author) < (right.brand, right.day, right.author)
    }
}

/// What an author did for a brand in threads on one day. Integers: they add in any order and subtract exactly.
public struct ThreadSums: Sendable, Equatable {
    /// Mentions of others that the author answered.
    public var dialogues: Int32
    /// Of these, negative mentions of the brand under which the answer is positive.
    public var defences: Int32
    /// Others who answered, each once for each mention of the author.
    public var repliesGot: Int32
    /// Others who passed on, each once for each mention of the author.
    public var repostsGot: Int32

    /// Makes sums; none by default.
    public init(dialogues: Int32 = 0, defences: Int32 = 0, repliesGot: Int32 = 0, repostsGot: Int32 = 0) {
        self.dialogues = dialogues
        self.defences = defences
        self.repliesGot = repliesGot
        self.repostsGot = repostsGot
    }

    /// Whether nothing is counted.
    public var isZero: Bool { self == ThreadSums() }
    /// Whether any is below zero.
    public var takesAway: Bool { dialogues < 0 || defences < 0 || repliesGot < 0 || repostsGot < 0 }

    /// Adds `n` times the other.
    public mutating func add(_ other: ThreadSums, times n: Int32 = 1) {
        dialogues &+= other.dialogues &* n
        defences &+= other.defences &* n
        repliesGot &+= other.repliesGot &* n
        repostsGot &+= other.repostsGot &* n
    }
}
