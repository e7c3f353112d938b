import MentionModel
import Pipeline

/// Where a record lies in Kafka, ordered.
struct KafkaPosition: Comparable, Sendable {
    var topic: Int32
    var incarnation: Int32
    var partition: Int32
    var offset: Int64

    static func < (left: KafkaPosition, right: KafkaPosition) -> Bool {
        (left.topic, left.incarnation, left.partition, left.offset)
            < (right.topic, right.incarnation, right.partition, right.offset)
    }
}

/// What orders the versions of a mention: the greatest stands, whatever the order of arrival. The hash compares as
/// the signed number that the database stores.
struct VersionKey: Comparable, Sendable {
    var at: Timestamp
    var bodyHash: Int64

    static func < (left: VersionKey, right: VersionKey) -> Bool {
        (left.at.microseconds, left.bodyHash) < (right.at.microseconds, right.bodyHash)
    }
}

/// The three counts of a mention, each the greatest seen.
struct MentionCounts: Equatable, Sendable {
    var likes: Int64 = 0
    var reposts: Int64 = 0
    var replies: Int64 = 0

    mutating func raise(to other: MentionCounts) {
        likes = max(likes, other.likes)
        reposts = max(reposts, other.reposts)
        replies = max(replies, other.replies)
    }
}

/// One mention record of a batch.
struct Incoming: Sendable {
    let chunk: PreparedChunk
    let mention: Int
    /// Index of the batch's step that it belongs to.
    let step: Int
    let position: KafkaPosition
    let version: VersionKey
    var source: Int32 = 0

    init(chunk: PreparedChunk, mention: Int, step: Int, position: KafkaPosition) {
        self.chunk = chunk
        self.mention = mention
        self.step = step
        self.position = position
        version = VersionKey(
            at: chunk.mentions[mention].event.versionAt,
            bodyHash: Int64(bitPattern: chunk.mentions[mention].event.bodyHash)
        )
    }

    /// In place: an event is large, and a copy of it counts references.
    var event: MentionEvent {
        _read { yield chunk.mentions[mention].event }
    }

    var counts: MentionCounts {
        MentionCounts(likes: event.likes, reposts: event.reposts, replies: event.replies)
    }
}

/// The records of one (source, id) in a batch.
struct IdentityGroup: Sendable {
    /// Index of the first into the batch's incoming records.
    let first: Int
    /// Those of the others, in order of arrival; nearly always none.
    private(set) var others: [Int] = []
    var number: Int64 = 0
    var isNew = false

    init(first: Int) { self.first = first }

    var count: Int { others.count + 1 }

    mutating func append(_ index: Int) { others.append(index) }

    /// Calls `body` with the index of each, in order of arrival.
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        body(first)
        for index in others { body(index) }
    }

    /// The record whose version stands among these, and the least position of a record with that body.
    func best(_ incoming: [Incoming]) -> (index: Int, version: VersionKey, position: KafkaPosition) {
        var best = first
        var version = incoming[best].version
        var position = incoming[best].position
        for index in others {
            let candidate = incoming[index].version
            if candidate == version {
                position = min(position, incoming[index].position)
            } else if version < candidate {
                best = index
                version = candidate
                position = incoming[index].position
            }
        }
        return (best, version, position)
    }

    /// The greatest of each count among these records.
    func counts(_ incoming: [Incoming]) -> MentionCounts {
        var counts = MentionCounts()
        forEach { counts.raise(to: incoming[$0].counts) }
        return counts
    }
}

/// Finds the records of a batch that are of one mention, in the order of the identity's key: locks are taken in that
/// order by every worker, and rows that lie together are written together.
struct IdentityGrouping {
    private struct SortKey {
        var source: Int32
        var prefix: UInt64
        var index: Int
    }

    /// Groups `incoming` by (source, id), sorted by that key as the database's "C" collation sorts it. O(n log n).
    static func groups(_ incoming: [Incoming]) -> [IdentityGroup] {
        var keys = incoming.indices.map { index in
            SortKey(source: incoming[index].source, prefix: prefix(of: incoming[index]), index: index)
        }
        keys.sort { left, right in
            if left.source != right.source { return left.source < right.source }
            if left.prefix != right.prefix { return left.prefix < right.prefix }
            let order = compareIDs(incoming[left.index], incoming[right.index])
            return order != 0 ? order < 0 : left.index < right.index
        }
        var groups: [IdentityGroup] = []
        groups.reserveCapacity(keys.count)
        var previous: SortKey?
        for key in keys {
            if let last = previous, last.source == key.source, last.prefix == key.prefix,
                compareIDs(incoming[last.index], incoming[key.index]) == 0
            {
                groups[groups.count - 1].append(key.index)
            } else {
                groups.append(IdentityGroup(first: key.index))
            }
            previous = key
        }
        return groups
    }

    /// The first eight bytes of the id as a number that sorts as they do.
    private static func prefix(of incoming: Incoming) -> UInt64 {
        incoming.chunk.arena.withField(incoming.event.id) { bytes in
            guard let bytes else { return 0 }
            if bytes.count >= 8 {
                return UInt64(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: UInt64.self))
            }
            var prefix: UInt64 = 0
            for position in 0..<8 { prefix = prefix << 8 | UInt64(position < bytes.count ? bytes[position] : 0) }
            return prefix
        }
    }

    /// Below zero, zero or above, as the bytes of the ids compare.
    private static func compareIDs(_ left: Incoming, _ right: Incoming) -> Int {
        left.chunk.arena.withField(left.event.id) { left in
            right.chunk.arena.withField(right.event.id) { right in
                let left = UnsafeRawBufferPointer(left ?? UnsafeBufferPointer(start: nil, count: 0))
                let right = UnsafeRawBufferPointer(right ?? UnsafeBufferPointer(start: nil, count: 0))
                let shared = min(left.count, right.count)
                var position = 0
                while position &+ 8 <= shared {
                    let one = UInt64(bigEndian: left.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                    let other = UInt64(bigEndian: right.loadUnaligned(fromByteOffset: position, as: UInt64.self))
                    if one != other { return one < other ? -1 : 1 }
                    position &+= 8
                }
                while position < shared {
                    if left[position] != right[position] { return Int(left[position]) - Int(right[position]) }
                    position &+= 1
                }
                return left.count - right.count
            }
        }
    }
}
