import Foundation
import MentionModel
import Synthesis

/// The decoder of mention events: `MentionDecoder`.
struct EventTarget: FuzzTarget {
    static let name = "event"
    static let share = 400
    let dictionary = EventGrammar.dictionary

    /// One decoder for all inputs, as a worker has it.
    private var decoder = MentionDecoder()
    private var arena = ByteArena()
    /// What the last seed must give; nil where it has a fault of its own.
    private var expected: MentionRecord?
    /// Stands in the arena already: a refusal must not touch it.
    private static let before = Array("before".utf8)

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] {
        let record = EventGrammar.record(&random)
        let isSpoiled = random.below(3) == 0
        expected = isSpoiled ? nil : record
        return EventGrammar.json(record, spoiled: isSpoiled, &random)
    }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var random = input.random
        let isPlain = input.mutations == 0 && expected != nil
        let time = isPlain ? nil : Self.recordTimestamp(&random)
        arena.truncate(to: 0)
        Self.before.withUnsafeBufferPointer { arena.append(raw: $0) }
        switch EventRules.decode(input.bytes, time, &decoder, &arena) {
        case .success(let event):
            try EventRules.check(event, in: arena, recordTimestamp: time)
            let record = MentionRecord(event, in: arena)
            if isPlain, let expected {
                try FuzzFinding.unless(record.json == expected.json, "another record came back")
                if random.once(in: 64) { try compareWithFoundation(input.bytes, record) }
            }
            try comesBack(record, event, time)
            return "accepted"
        case .failure(let rejection):
            try FuzzFinding.unless(!isPlain, "a valid event was refused: \(rejection.detail)")
            try FuzzFinding.unless(arena.bytes == Self.before, "a refused event has changed the arena")
            try EventRules.check(rejection, of: input.bytes)
            if random.once(in: 8) {
                // What the decoder keeps from the inputs before must not matter.
                var fresh = MentionDecoder()
                let again = EventRules.decode(input.bytes, time, &fresh, &arena)
                try FuzzFinding.unless(again == .failure(rejection), "a new decoder decides otherwise")
            }
            return rejection.reason.rawValue
        }
    }

    private static func recordTimestamp(_ random: inout SeededRandom) -> Timestamp? {
        switch random.below(6) {
        case 0: nil
        case 1: Timestamp(milliseconds: -1)
        case 2: Timestamp(microseconds: random.pick([.min, .max, .max - 86_400_000_000, 0]))
        default: Timestamp(microseconds: 1_000_000_000_000_000 + random.magnitude() % 3_000_000_000_000_000)
        }
    }

    /// What was accepted is written and read again, and is the same.
    private mutating func comesBack(
        _ record: MentionRecord,
        _ event: MentionEvent,
        _ time: Timestamp?
    ) throws(FuzzFinding) {
        let bytes = record.json
        arena.truncate(to: 0)
        switch EventRules.decode(bytes, time, &decoder, &arena) {
        case .success(let again):
            try FuzzFinding.unless(again.bodyHash == event.bodyHash, "written again, it has another hash")
            let back = MentionRecord(again, in: arena).json
            try FuzzFinding.unless(back == bytes, "written again, it is another event")
        case .failure(let rejection):
            // A handle alone is written as the id too, so that it can grow beyond the bound.
            guard rejection.reason == .tooLarge, bytes.count > MentionDecoder.maximumRecordBytes else {
                throw FuzzFinding("written again, it is refused: \(rejection.detail)")
            }
        }
    }

    /// A slow reader of another maker finds the same strings.
    private func compareWithFoundation(_ bytes: [UInt8], _ record: MentionRecord) throws(FuzzFinding) {
        // Its versions differ in what they do with a byte order mark and with numbers beyond Double.
        let text = String(decoding: bytes, as: UTF8.self)
        if text.contains("1e400") || text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) { return }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
            throw FuzzFinding("Foundation reads no object")
        }
        for (key, value) in [("source", record.source), ("title", record.title), ("conversation", record.conversation)]
        {
            // Foundation leaves U+FEFF out.
            guard let value, !value.unicodeScalars.contains("\u{feff}"), let other = object[key] as? String else {
                continue
            }
            try FuzzFinding.unless(other == value, "Foundation reads another \(key)")
        }
    }
}
