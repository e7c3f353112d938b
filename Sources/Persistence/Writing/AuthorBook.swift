import MentionModel
import PostgresClient

/// Who an author is: the source's number and the source's own key.
struct AuthorKey: Hashable, Comparable, Sendable {
    var source: Int32
    private let name: ExactName
    /// The first eight bytes of the key as a number that sorts as they do: most keys differ in it.
    private let prefix: UInt64

    var key: String { name.text }

    init(source: Int32, key: String) {
        self.source = source
        name = ExactName(key)
        prefix = name.prefix
    }

    static func == (left: AuthorKey, right: AuthorKey) -> Bool {
        left.prefix == right.prefix && left.source == right.source && left.name == right.name
    }

    static func < (left: AuthorKey, right: AuthorKey) -> Bool {
        if left.source != right.source { return left.source < right.source }
        return left.prefix != right.prefix ? left.prefix < right.prefix : left.name < right.name
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(name)
    }
}

/// What an event says of its author. The greatest (day, hash) stands.
struct AuthorProfile: Sendable {
    var day: Int32
    var hash: Int64
    var verified: Bool?
    /// Where handle and name lie: most profiles are never written, so that no strings are made of them.
    private let handleRange: ByteRange
    private let nameRange: ByteRange
    private let arena: ByteArena

    var handle: String? { arena.string(handleRange) }
    var name: String? { arena.string(nameRange) }

    init(_ event: borrowing MentionEvent, arena: ByteArena, stamp: (day: Int32, hash: Int64)) {
        day = stamp.day
        hash = stamp.hash
        verified = event.verified
        handleRange = event.authorHandle
        nameRange = event.authorName
        self.arena = arena
    }

    /// The handles of authors as a parameter; NULL for who has none, or no profile.
    static func handles(_ profiles: [AuthorProfile?]) -> PostgresParameter { column(profiles, \.handleRange) }

    /// The names of authors as a parameter.
    static func names(_ profiles: [AuthorProfile?]) -> PostgresParameter { column(profiles, \.nameRange) }

    private static func column(
        _ profiles: [AuthorProfile?],
        _ field: (AuthorProfile) -> ByteRange
    ) -> PostgresParameter {
        var encoder = ArrayEncoder(elementOID: TypeOID.text, capacity: profiles.count * 20)
        for profile in profiles {
            if let profile { encoder.append(field(profile), in: profile.arena) } else { encoder.appendNull() }
        }
        return encoder.finish()
    }

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
///
/// Each author has a place, its number in the order of first sight: a record's author is looked for by key once, and all
/// that follows goes by place.
struct AuthorBook {
    private struct Entry {
        let key: AuthorKey
        var known: KnownAuthor?
        var profile: AuthorProfile?

        /// What the author's profile is compared with.
        var standing: (day: Int32, hash: Int64)? {
            if let profile { return (profile.day, profile.hash) }
            if let known { return (known.day, known.hash) }
            return nil
        }
    }

    private var places: [AuthorKey: Int] = [:]
    private var entries: [Entry] = []
    /// Places of the authors that the cache didn't know, in the order of first sight.
    private(set) var unknown: [Int] = []

    /// Makes place for so many records.
    mutating func reserve(_ records: Int) {
        places.reserveCapacity(records)
        entries.reserveCapacity(records)
    }

    /// Takes in the author of one record, and returns the author's place.
    mutating func add(
        _ event: borrowing MentionEvent,
        arena: ByteArena,
        source: Int32,
        cache: inout BoundedCache<AuthorKey, KnownAuthor>
    )
        -> Int
    {
        let key = AuthorKey(source: source, key: arena.string(event.authorKey) ?? "")
        let place = place(of: key, &cache)
        let stamp = (day: event.versionAt.day, hash: Self.profileHash(event, arena))
        if let standing = entries[place].standing, !AuthorProfile.isLess(standing, than: stamp) { return place }
        entries[place].profile = AuthorProfile(event, arena: arena, stamp: stamp)
        return place
    }

    private mutating func place(of key: AuthorKey, _ cache: inout BoundedCache<AuthorKey, KnownAuthor>) -> Int {
        if let place = places[key] { return place }
        let place = entries.count
        places[key] = place
        let known = cache.value(for: key)
        if known == nil { unknown.append(place) }
        entries.append(Entry(key: key, known: known))
        return place
    }

    /// The author at a place, as far as known.
    func known(at place: Int) -> KnownAuthor? { entries[place].known }

    func key(at place: Int) -> AuthorKey { entries[place].key }

    func profile(of place: Int) -> AuthorProfile? { entries[place].profile }

    /// The place of an author of the batch.
    func place(of key: AuthorKey) -> Int? { places[key] }

    /// An author that the database knows.
    mutating func found(at place: Int, _ author: KnownAuthor) {
        entries[place].known = author
        if let profile = entries[place].profile,
            !AuthorProfile.isLess((author.day, author.hash), than: (profile.day, profile.hash))
        {
            entries[place].profile = nil
        }
    }

    /// Places of the authors that are new to the database, in the order of their key.
    var missing: [Int] {
        unknown.filter { entries[$0].known == nil }.sorted { entries[$0].key < entries[$1].key }
    }

    /// Authors that are known and whose profile has moved on, in the order of their number.
    var moved: [(KnownAuthor, AuthorProfile)] {
        entries.compactMap { entry in
            guard let known = entry.known, let profile = entry.profile else { return nil }
            return (known, profile)
        }.sorted { $0.0.number < $1.0.number }
    }

    /// What the cache may learn once the batch is committed.
    var learned: [(AuthorKey, KnownAuthor)] {
        entries.compactMap { entry in
            guard var author = entry.known else { return nil }
            if let profile = entry.profile { (author.day, author.hash) = (profile.day, profile.hash) }
            return (entry.key, author)
        }
    }

    /// XXH64 of handle and name, each behind its length (8 bytes, all ones for none), and of the flag. Stored.
    private static func profileHash(_ event: borrowing MentionEvent, _ arena: ByteArena) -> Int64 {
        let (handle, name) = (event.authorHandle, event.authorName)
        let flag: UInt8 = event.verified.map { $0 ? 1 : 0 } ?? 2
        let size = 17 + handle.indices.count + name.indices.count
        // In one piece where it is short, as nearly all are: a stream costs several times as much. A stack gives 1,024
        // bytes, if the number is fixed.
        guard size <= 1_024 else { return streamedHash([handle, name], flag, arena) }
        return withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 8) { room in
            var used = 0
            func append(_ field: ByteRange) {
                let length = field.isAbsent ? UInt64.max : UInt64(field.count)
                room.storeBytes(of: length.littleEndian, toByteOffset: used, as: UInt64.self)
                used += 8
                arena.withField(field) { bytes in
                    guard let bytes, let base = room.baseAddress else { return }
                    UnsafeMutableRawBufferPointer(start: base + used, count: bytes.count)
                        .copyMemory(from: UnsafeRawBufferPointer(bytes))
                    used += bytes.count
                }
            }
            append(handle)
            append(name)
            room[size - 1] = flag
            return Int64(bitPattern: XXH64.hash(UnsafeRawBufferPointer(rebasing: room[..<size])))
        }
    }

    private static func streamedHash(_ fields: [ByteRange], _ flag: UInt8, _ arena: ByteArena) -> Int64 {
        var hash = XXH64.Stream(seed: 0)
        for field in fields {
            arena.withField(field) { bytes in
                hash.update(bytes.map { UInt64($0.count) } ?? UInt64.max)
                if let bytes { hash.update(UnsafeRawBufferPointer(bytes)) }
            }
        }
        withUnsafeBytes(of: flag) { hash.update($0) }
        return Int64(bitPattern: hash.finish())
    }
}
