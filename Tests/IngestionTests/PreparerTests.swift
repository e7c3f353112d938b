import BrandMatching
import Classification
import Fingerprinting
@testable import Ingestion
import KafkaClient
import MentionModel
import Persistence
import Pipeline
import Testing

/// Records of partition 3 of a topic, one payload each.
func recordBatch(_ payloads: [[UInt8]?], offset: Int64 = 0, partition: Int32 = 3, timestamp: Int64? = nil)
    -> RecordBatch
{
    var bytes: [UInt8] = []
    var records: [Record] = []
    for (index, payload) in payloads.enumerated() {
        // A key before each value, as a consumer brings it.
        bytes += Array("key".utf8)
        let start = bytes.count
        bytes += payload ?? []
        records.append(
            Record(
                offset: offset + Int64(index) * 2,
                timestampMilliseconds: timestamp ?? 1_782_864_000_000,
                key: start - 3..<start,
                value: payload.map { start..<start + $0.count }
            )
        )
    }
    return RecordBatch(partition: TopicPartition("t", partition), bytes: bytes, records: records)
}

func mention(_ id: String, text: String = "good", brands: [String] = []) -> [UInt8] {
    let record = MentionRecord(
        id: id,
        source: "blog",
        text: text,
        authorID: "author",
        publishedAt: Timestamp(microseconds: 1_767_225_600_000_000),
        brands: brands
    )
    var bytes: [UInt8] = []
    record.appendJSON(to: &bytes)
    return bytes
}

@Suite struct PreparerTests {
    private static let matcher = BrandMatcher(
        [
            BrandDefinition(number: 7, name: "Acme"),
            BrandDefinition(number: 3, name: "Globex"),
        ],
        version: 1
    )

    @Test func recordsKeepTheirOrderAndTheirFaults() async throws {
        let batch = recordBatch([
            mention("a"), nil, Array("{".utf8), mention("b"), [0xFF], mention("c", text: "two\nlines"),
        ])
        let chunk = await Preparer(classifier: LexiconClassifier()).prepare(batch, from: 0, matcher: Self.matcher)
        #expect(chunk.records.map(\.offset) == [0, 2, 4, 6, 8, 10])
        #expect(chunk.records.map(Self.outcome) == ["0", "tombstone", "bad_json", "1", "not_utf8", "2"])
        #expect(chunk.mentions.map { chunk.arena.string($0.event.id) } == ["a", "b", "c"])
        #expect(chunk.arena.string(chunk.mentions[2].event.text) == "two\nlines")
        for (record, source) in zip(chunk.records, batch.records) {
            #expect(record.payload.map { Array(chunk.payloads[$0]) } == source.value.map { Array(batch.bytes[$0]) })
            #expect(record.timestamp == source.timestampMilliseconds)
        }
    }

    @Test func whatLiesBeforeTheStartIsLeftOut() async {
        let batch = recordBatch([mention("a"), nil, mention("b")], offset: 10)
        let preparer = Preparer(classifier: LexiconClassifier())
        let chunk = await preparer.prepare(batch, from: 2, matcher: Self.matcher)
        #expect(chunk.records.map(\.offset) == [14])
        #expect(chunk.records.map(Self.outcome) == ["0"])
        #expect(chunk.arena.string(chunk.mentions[0].event.id) == "b")
        // Its scratch memory holds nothing of the chunk before.
        let again = await preparer.prepare(recordBatch([nil]), from: 0, matcher: Self.matcher)
        #expect(again.mentions.isEmpty && again.records.count == 1)
    }

    @Test func brandsAreMatchedOnlyWhereTheEventNamesNone() async {
        let batch = recordBatch([
            mention("a", text: "globex beats acme"), mention("b", text: "globex beats acme", brands: ["Other"]),
            mention("c", text: "nothing here"),
        ])
        let chunk = await Preparer(classifier: LexiconClassifier()).prepare(batch, from: 0, matcher: Self.matcher)
        #expect(chunk.mentions.map(\.matchedBrands) == [[3, 7], [], []])
        #expect(chunk.mentions.map { $0.event.brands?.count } == [nil, 1, nil])
    }

    @Test func verdictAndTextHashAreThoseOfTheText() async {
        let batch = recordBatch([mention("a", text: "What a GREAT day"), mention("b", text: "what a great  day")])
        let classifier = LexiconClassifier()
        let chunk = await Preparer(classifier: classifier).prepare(batch, from: 0, matcher: Self.matcher)
        var fingerprinter = Fingerprinter()
        let text = Array("What a GREAT day".utf8)
        #expect(chunk.mentions[0].textHash == fingerprinter.textHash(text.span))
        #expect(chunk.mentions[0].verdict == classifier.classify(text.span, language: nil))
        #expect(chunk.mentions[0].textHash == chunk.mentions[1].textHash, "copies but for case and space")
        #expect(chunk.mentions[0].event.bodyHash != chunk.mentions[1].event.bodyHash)
    }

    @Test func datesAreJudgedByTheRecordsOwnTimestamp() async {
        let published: Int64 = 1_767_225_600_000
        let day: Int64 = 86_400_000
        for (timestamp, expected) in [(published - day, "0"), (published - day - 1, "bad_date"), (-1, "0")] {
            let batch = recordBatch([mention("a")], timestamp: timestamp)
            let chunk = await Preparer(classifier: LexiconClassifier()).prepare(batch, from: 0, matcher: Self.matcher)
            #expect(chunk.records.map(Self.outcome) == [expected], "record at \(timestamp)")
        }
    }

    private static func outcome(_ record: PreparedRecord) -> String {
        switch record.outcome {
        case .mention(let index): "\(index)"
        case .rejected(let rejection): rejection.reason.rawValue
        }
    }
}
