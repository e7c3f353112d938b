import Feeds
import MentionModel
import Synthesis

/// What must hold for every feed that is read.
enum FeedRules {
    /// 2100-01-01, which no date of a grammar is after.
    static let recordedAt = Timestamp(microseconds: 4_102_444_800_000_000)

    struct Reading {
        var batch = FeedBatch()
        var originals = 0
        var error: FeedError?

        /// In a few words, for counting.
        var outcome: String {
            switch error {
            case .noHeader: return "no_header"
            case .badMapping: return "bad_mapping"
            case .unknownColumn, .ambiguousColumn, .unmappedField: return "unfit_mapping"
            case nil: break
            }
            guard let first = batch.rejections.first else { return batch.mentions.isEmpty ? "empty" : "accepted" }
            return first.fault.code
        }
    }

    /// Reads bytes in pieces, checks what came, and that other pieces give the same.
    static func read(
        _ bytes: [UInt8],
        _ options: FeedOptions,
        _ random: inout SeededRandom
    ) throws(FuzzFinding) -> Reading {
        let reading = read(bytes, options, pieces: random.pieces(of: bytes.count))
        try check(reading, options)
        // How a feed is laid out is told from its beginning: where that was cut may matter unless the format is known.
        if options.format == .csv || options.format != nil && bytes.count < 65_536, random.below(2) == 0 {
            let other = read(bytes, options, pieces: bytes.isEmpty ? [] : [0..<bytes.count])
            let isSame =
                other.error == reading.error && other.batch.mentions == reading.batch.mentions
                && other.batch.rejections == reading.batch.rejections
                && other.batch.payloads == reading.batch.payloads && other.originals == reading.originals
            try FuzzFinding.unless(isSame, "other pieces give another reading")
        }
        return reading
    }

    private static func read(_ bytes: [UInt8], _ options: FeedOptions, pieces: [Range<Int>]) -> Reading {
        var reading = Reading()
        var reader = FeedReader(options)
        do throws(FeedError) {
            for piece in pieces { try reader.read(Array(bytes[piece]), into: &reading.batch) }
            try reader.finish(into: &reading.batch)
        } catch {
            reading.error = error
        }
        reading.originals = reader.originals
        return reading
    }

    private static func check(_ reading: Reading, _ options: FeedOptions) throws(FuzzFinding) {
        var decoder = MentionDecoder()
        var arena = ByteArena()
        for mention in reading.batch.mentions {
            try EventRules.check(mention.event, in: reading.batch.arena, recordTimestamp: options.recordedAt)
            guard reading.batch.payloads.indices.contains(mention.payload.lowerBound),
                mention.payload.upperBound <= reading.batch.payloads.count
            else { throw FuzzFinding("a payload lies outside of its batch") }
            // A worker that reads the payload must accept it as the same.
            let payload = Array(reading.batch.payloads[mention.payload])
            arena.truncate(to: 0)
            guard case .success(let event) = EventRules.decode(payload, options.recordedAt, &decoder, &arena) else {
                throw FuzzFinding("a payload that was given is refused by the decoder")
            }
            try FuzzFinding.unless(event.bodyHash == mention.event.bodyHash, "the payload is another event")
        }
        for rejection in reading.batch.rejections {
            if case .rule(let reason) = rejection.fault {
                try EventRules.check(Rejection(reason, rejection.detail))
            }
            let detail = rejection.detail.utf8
            try FuzzFinding.unless(!detail.isEmpty && detail.count < 300, "a detail of \(detail.count) bytes")
        }
    }
}
