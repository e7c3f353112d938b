import BrandMatching
import Classification
import Copies
import Fingerprinting
@testable import Ingestion
import KafkaClient
import MentionModel
@testable import Persistence
import Pipeline
@testable import PostgresClient
import Testing

@Suite struct CopyLookoutTests {
    private static let story = "the airline lost my bag again and nobody at the desk could say where it had gone"
    private static let edited = "the airline lost my bag again and nobody at the desk could say where it is gone"
    private static let other = "a recipe for bread with rye flour, which wants a long night in a warm kitchen"
    private static let at = Timestamp(microseconds: 1_767_225_600_000_000)

    private static func lookout(bytes: Int = 1 << 20) -> CopyLookout { CopyLookout(scheme: CopyScheme(), bytes: bytes) }

    private static func hash(_ text: String) -> UInt64 {
        var fingerprinter = Fingerprinter()
        return fingerprinter.textHash(Array(text.utf8).span)
    }

    /// Texts of one partition at consecutive offsets.
    private static func texts(_ partition: Int32, _ offset: Int64, _ texts: String...) -> NormalisedTexts {
        var chunk = NormalisedTexts(partition: partition)
        var fingerprinter = Fingerprinter()
        var normalised: [UInt8] = []
        for (index, text) in texts.enumerated() {
            let hash = fingerprinter.textHash(Array(text.utf8).span, normalised: &normalised)
            chunk.append(normalised, hash: hash, offset: offset + Int64(index), publishedAt: at)
        }
        return chunk
    }

    @Test func pairsAreFoundInAndAcrossChunksAndPartitions() async {
        let lookout = Self.lookout()
        let first = await lookout.look([
            Self.texts(0, 5, Self.other, Self.story), Self.texts(3, 5, "ok", Self.other, Self.edited),
        ])
        #expect(first.count == 2 && first[0].isEmpty && first[1].map(\.mention) == [2])
        let pair = first[1].first?.texts.first
        #expect(pair?.text == Self.hash(Self.edited) && pair?.other == Self.hash(Self.story))
        #expect((8_000..<10_000).contains(pair?.jaccard ?? 0))
        let gauge = await lookout.gauge
        #expect(gauge.pairs == 1 && gauge.counts.near == 1 && gauge.counts.sameText == 1 && gauge.counts.alone == 3)
        #expect(gauge.texts == 4 && gauge.bytes < 2 << 20)
    }

    /// The same words are known by their hash: no pair is made of them, and a copy of a near copy says nothing new.
    @Test func copiesOfTheSameWordsHaveNoPairs() async {
        let lookout = Self.lookout()
        _ = await lookout.look([Self.texts(0, 0, Self.story, Self.edited)])
        let again = await lookout.look([Self.texts(1, 0, "RT @a: \(Self.story)", Self.edited.uppercased())])
        #expect(again[0].isEmpty)
        #expect(await lookout.gauge.counts.sameText == 2)
    }

    /// A record that is prepared again, after a batch was rolled back, has its pairs again.
    @Test func whatComesAgainIsFoundAgain() async {
        let lookout = Self.lookout()
        let chunk = Self.texts(2, 7, Self.story, Self.edited)
        let first = await lookout.look([chunk])
        let second = await lookout.look([chunk])
        #expect(first[0].map(\.mention) == [1] && second[0].map(\.mention).contains(1))
        #expect(second[0].flatMap(\.texts).contains { $0.text == Self.hash(Self.edited) })
        #expect(await lookout.gauge.counts.sameText == 0, "they are not copies of themselves")
    }

    @Test func referencesDifferByPartitionAndOffset() {
        var seen: Set<Int64> = []
        for partition in [Int32(0), 1, 2, 255, 100_000] {
            for offset in [Int64(0), 1, 2, 1 << 20, 1 << 41] {
                #expect(seen.insert(CopyLookout.reference(partition, offset)).inserted, "\(partition) \(offset)")
            }
        }
    }

    /// Preparation keeps the order of the mentions, and gives each its own pairs.
    @Test func draftsBecomeChunks() async {
        let batch = recordBatch([
            mention("a", text: Self.story), nil, mention("b", text: Self.other), mention("c", text: Self.edited),
        ])
        let preparer = Preparer(classifier: LexiconClassifier())
        let matcher = BrandMatcher([], version: 0)
        var draft = await preparer.draft(batch, from: 0, matcher: matcher, keepsTexts: true)
        let hashes = draft.mentions.map(\.textHash)
        #expect(draft.texts.entries.map(\.offset) == [0, 4, 6])
        #expect(draft.texts.entries.map(\.hash) == [Self.story, Self.other, Self.edited].map(Self.hash))
        let finds = await Self.lookout().look([draft.texts])
        let chunk = draft.finish(finds[0])
        #expect(chunk.mentions.map(\.nearTexts.count) == [0, 0, 1])
        #expect(chunk.mentions[2].nearTexts.first?.other == chunk.mentions[0].textHash)
        let without = await preparer.draft(batch, from: 0, matcher: matcher)
        #expect(without.texts.entries.isEmpty && without.mentions.map(\.textHash) == hashes)
    }

    // MARK: Rebuilding

    @Test func whoHeldAPartitionLastKnowsIt() async {
        let lookout = Self.lookout()
        #expect(await lookout.strangers([4: 1, 2: 9]) == [2, 4])
        await lookout.know([4: 1, 2: 9])
        #expect(await lookout.strangers([4: 2, 2: 11, 7: 1]) == [2, 7], "somebody has held partition 2 in between")
        await lookout.know([4: 2])
        #expect(await lookout.strangers([4: 3, 2: 10]) == [], "partition 2 was away, and nobody had it")
        await lookout.forget()
        #expect(await lookout.strangers([4: 3]) == [4])
    }

    private static func page(_ texts: [(String, offset: Int64)]) throws -> StoredTexts {
        func wire(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        let rows = texts.map { text, offset -> [[UInt8]?] in
            [
                wire(offset), wire(Int64(bitPattern: hash(text))),
                wire(TimestampEpoch.wire(fromUnix: at.microseconds)), wire(Int32(1)), wire(offset),
                text.isEmpty ? nil : Array(text.utf8), wire(Int64(0)),
            ]
        }
        let columns = [
            TypeOID.int8, TypeOID.int8, TypeOID.timestamptz, TypeOID.int4, TypeOID.int8, TypeOID.text, TypeOID.int8,
        ]
        return StoredTexts(rows: try #require(PostgresResult(columns: columns, rows: rows)), most: 10, bytes: 10)
    }

    @Test func storedTextsAreFound() async throws {
        let lookout = Self.lookout()
        let restored = await lookout.restore(try Self.page([(Self.other, 9), ("", 8), (Self.story, 7)]))
        #expect(restored.taken == [Self.at, Self.at] && !restored.isFull)
        let finds = await lookout.look([Self.texts(1, 10, Self.edited)])
        #expect(finds[0].first?.texts.first?.other == Self.hash(Self.story))
        // The record that is stored is read again, as after a crash: it is no copy of itself.
        _ = await lookout.look([Self.texts(1, 7, Self.story)])
        await lookout.rebuilt(missed: 0)
        let gauge = await lookout.gauge
        #expect(gauge.counts.sameText == 0)
        #expect(gauge.restored == 2 && gauge.rebuilds == 1 && gauge.cutRebuilds == 0)
        #expect(gauge.escapes.notRebuilt == 1, "the text that was too long")
    }

    @Test func aRebuildEndsWhenTheIndexIsFull() async throws {
        let lookout = Self.lookout(bytes: 0)
        let capacity = await lookout.gauge.capacity
        #expect(await lookout.hasRoom)
        let texts = (0..<capacity + 5).map { ("\(Self.other) number \($0) of many", offset: Int64($0)) }
        let restored = await lookout.restore(try Self.page(texts))
        #expect(restored.isFull && restored.taken.count <= capacity)
        #expect(await !lookout.hasRoom)
        await lookout.rebuilt(missed: 1_000_000)
        #expect(await lookout.gauge.escapes.notRebuilt <= capacity, "more could not have been held")
        #expect(await lookout.gauge.cutRebuilds == 1)
        await lookout.forget()
        let gauge = await lookout.gauge
        #expect(gauge.texts == 0 && gauge.capacity == capacity && gauge.restored == restored.taken.count)
    }

    // MARK: The horizon

    @Test func onlyALongRunOutOfReachEndsARebuild() {
        let scheme = CopyScheme(window: 100)
        func instants(_ count: Int, at instant: Int64) -> [Timestamp] {
            [Timestamp](repeating: Timestamp(microseconds: instant), count: count)
        }
        var horizon = RebuildHorizon(scheme: scheme)
        // A quarter of the newest have dates far off, both ways.
        let most = RebuildHorizon.mostInRow
        let passes = [
            instants(120, at: 1 << 50) + instants(120, at: 0) + instants(760, at: 5_000),
            instants(most - 1, at: 4_899),
            // In reach: the run begins anew.
            instants(1, at: 4_900),
            instants(most - 1, at: 5_101), instants(1, at: 0),
        ].map { horizon.passes($0) }
        #expect(passes == [false, false, false, false, true])
    }
}
