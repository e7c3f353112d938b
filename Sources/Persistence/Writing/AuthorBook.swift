import MentionModel
import PostgresClient

/// Who an author is: the source's number and the source's own key.
struct AuthorKey: Hashable, Comparable, Sendable {
    var source: Int32
    private let name: ExactName

    var key: String { name.text }

    init(source: Int32, key: String) {
        self.source = source
        name = ExactName(key)
    }

    static func < (left: AuthorKey, right: AuthorKey) -> Bool {
        (left.source, left.name) < (right.source, right.name)
    }
}

/// What an event says of its author. The greatest (day, hash) stands.
struct AuthorProfile: Sendable {
    var day: Int32
    var hash: Int64
    var verified: Bool?
    var handle: String?
    var name: String?

    static func isLess(_ left: (day: Int32, hash: Int64), than right: (day: Int32, hash: Int64)) -> Bool {
        (left.day, left.hash) < (right.day, right.hash)
    }
}

/// An author as the cache knows it.
struct KnownAuthor: Sendable {
    var number: Int64
    var day: Int32
    var hash: Int64
}

/// The authors of one batch: which are known, which must be looked up or made, and whose profile has moved on.
struct AuthorBook {
    private(set) var known: [AuthorKey: KnownAuthor] = [:]
    private(set) var unknown: [AuthorKey] = []
    private var profiles: [AuthorKey: AuthorProfile] = [:]

    /// Takes in the author of one record.
    mutating func add(
        _ event: MentionEvent,
        arena: ByteArena,
        source: Int32,
        cache: inout BoundedCache<AuthorKey, KnownAuthor>
    )
        -> AuthorKey
    {
        let key = AuthorKey(source: source, key: arena.string(event.authorKey) ?? "")
        let stamp = (day: event.versionAt.day, hash: Self.profileHash(event, arena))
        var standing: (day: Int32, hash: Int64)?
        if let profile = profiles[key] {
            standing = (profile.day, profile.hash)
        } else if let author = known[key] {
            standing = (author.day, author.hash)
        } else if let author = cache.value(for: key) {
            known[key] = author
            standing = (author.day, author.hash)
        } else {
            unknown.append(key)
        }
        if let standing, !AuthorProfile.isLess(standing, than: stamp) { return key }
        profiles[key] = AuthorProfile(
            day: stamp.day,
            hash: stamp.hash,
            verified: event.verified,
            handle: arena.string(event.authorHandle),
            name: arena.string(event.authorName)
        )
        return key
    }

    /// An author that the database knows.
    mutating func found(_ key: AuthorKey, _ author: KnownAuthor) {
        known[key] = author
        if let profile = profiles[key],
            !AuthorProfile.isLess((author.day, author.hash), than: (profile.day, profile.hash))
        {
            profiles[key] = nil
        }
    }

    /// Authors that are new to the database, in the order of their key.
    var missing: [AuthorKey] { unknown.filter { known[$0] == nil }.sorted() }

    /// Authors that are known and whose profile has moved on, in the order of their number.
    var moved: [(KnownAuthor, AuthorProfile)] {
        profiles.compactMap { key, profile in known[key].map { ($0, profile) } }.sorted { $0.0.number < $1.0.number }
    }

    func profile(of key: AuthorKey) -> AuthorProfile? { profiles[key] }

    /// What the cache may learn once the batch is committed.
    var learned: [(AuthorKey, KnownAuthor)] {
        known.map { key, author in
            guard let profile = profiles[key] else { return (key, author) }
            return (key, KnownAuthor(number: author.number, day: profile.day, hash: profile.hash))
        }
    }

    private static func profileHash(_ event: MentionEvent, _ arena: ByteArena) -> Int64 {
        var hash = XXH64.Stream(seed: 0)
        for field in [event.authorHandle, event.authorName] {
            arena.withField(field) { bytes in
                var length = bytes.map { UInt64($0.count) } ?? UInt64.max
                withUnsafeBytes(of: &length) { hash.update($0) }
                if let bytes { hash.update(UnsafeRawBufferPointer(bytes)) }
            }
        }
        var flag: UInt8 = event.verified.map { $0 ? 1 : 0 } ?? 2
        withUnsafeBytes(of: &flag) { hash.update($0) }
        return Int64(bitPattern: hash.finish())
    }
}
