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
    var chunk: PreparedChunk
    var mention: Int
    /// Index of the batch's step that it belongs to.
    var step: Int
    var position: KafkaPosition
    var source: Int32

    var event: MentionEvent { chunk.mentions[mention].event }

    var version: VersionKey {
        let event = chunk.mentions[mention].event
        return VersionKey(at: event.versionAt, bodyHash: Int64(bitPattern: event.bodyHash))
    }

    var counts: MentionCounts {
        let event = chunk.mentions[mention].event
        return MentionCounts(likes: event.likes, reposts: event.reposts, replies: event.replies)
    }
}

/// The records of one (source, id) in a batch.
struct IdentityGroup: Sendable {
    /// Indices into the batch's incoming records, in order of arrival.
    var members: [Int]
    var number: Int64 = 0
    var isNew = false

    /// The record whose version stands among these, and the least position of a record with that body.
    func best(_ incoming: [Incoming]) -> (index: Int, version: VersionKey, position: KafkaPosition) {
        var best = members[0]
        var version = incoming[best].version
        var position = incoming[best].position
        for index in members.dropFirst() {
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
        members.reduce(into: MentionCounts()) { $0.raise(to: incoming[$1].counts) }
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
                groups[groups.count - 1].members.append(key.index)
            } else {
                groups.append(IdentityGroup(members: [key.index]))
            }
            previous = key
        }
        return groups
    }

    /// The first eight bytes of the id as a number that sorts as they do.
    private static func prefix(of incoming: Incoming) -> UInt64 {
        let range = incoming.event.id.indices
        let bytes = incoming.chunk.arena.bytes
        var prefix: UInt64 = 0
        for position in 0..<8 {
            prefix <<= 8
            if position < range.count { prefix |= UInt64(bytes[range.lowerBound + position]) }
        }
        return prefix
    }

    private static func compareIDs(_ left: Incoming, _ right: Incoming) -> Int {
        let leftRange = left.event.id.indices
        let rightRange = right.event.id.indices
        let leftBytes = left.chunk.arena.bytes
        let rightBytes = right.chunk.arena.bytes
        let shared = min(leftRange.count, rightRange.count)
        for position in 0..<shared {
            let difference =
                Int(leftBytes[leftRange.lowerBound + position]) - Int(rightBytes[rightRange.lowerBound + position])
            if difference != 0 { return difference }
        }
        return leftRange.count - rightRange.count
    }
}
