import MentionModel
import Synthesis
import Testing

/// What decoding a stream finds, for comparison with what its manifest says.
private struct Recount {
    var mentions = 0
    var redeliveries = 0
    var revisions = 0
    var deadLetters: [ReasonCode: Int] = [:]
    var lengths: [Int] = []
    var authors: [String: Int] = [:]
    var sources: [String: Int] = [:]
    var replies = 0
    var reposts = 0
    var languages: Set<String> = []
    var brandsInField: [String: Int] = [:]
    var unresolvedReferences = 0
    var dates: [Int64] = []
    private var bodies: [String: Set<UInt64>] = [:]
    private(set) var manifest: StreamManifest

    init(_ parameters: StreamParameters) throws {
        var stream = try MentionStream(parameters)
        manifest = stream.manifest
        var decoder = MentionDecoder()
        var payload: [UInt8] = []
        var latest = Timestamp(microseconds: 0)
        while let record = stream.next(into: &payload) {
            #expect(record.timestamp >= latest)
            latest = record.timestamp
            guard record.hasPayload else {
                #expect(record.kind == .refused(.tombstone) && payload.isEmpty)
                deadLetters[.tombstone, default: 0] += 1
                continue
            }
            var arena = ByteArena()
            do throws(Rejection) {
                let event = try decoder.decode(payload.span, recordTimestamp: record.timestamp, into: &arena)
                add(MentionRecord(event, in: arena), event.bodyHash, record.kind)
            } catch {
                #expect(record.kind == .refused(error.reason), "\(error)")
                deadLetters[error.reason, default: 0] += 1
            }
        }
        manifest = stream.manifest
    }

    private mutating func add(_ record: MentionRecord, _ body: UInt64, _ kind: SyntheticKind) {
        let identity = "\(record.source) \(record.id)"
        if bodies[identity] == nil {
            #expect(kind == .mention)
            mentions += 1
            lengths.append(record.text.utf8.count)
            authors["\(record.source) \(record.authorID ?? "")", default: 0] += 1
            sources[record.source, default: 0] += 1
            if let language = record.language { languages.insert(language) }
            for brand in record.brands { brandsInField[brand, default: 0] += 1 }
            if let parent = record.inReplyTo {
                replies += 1
                if bodies["\(record.source) \(parent)"] == nil { unresolvedReferences += 1 }
            }
            if let original = record.repostOf {
                reposts += 1
                if bodies["\(record.source) \(original)"] == nil { unresolvedReferences += 1 }
            }
            dates.append(record.publishedAt.microseconds)
            #expect(!record.text.contains("{") && !record.text.contains("}"))
        } else if bodies[identity]?.contains(body) == true {
            #expect(kind == .redelivery)
            redeliveries += 1
        } else {
            #expect(kind == .revision)
            revisions += 1
        }
        bodies[identity, default: []].insert(body)
    }
}

@Suite struct MentionStreamTests {
    private static func bytes(_ parameters: StreamParameters) throws -> UInt64 {
        var stream = try MentionStream(parameters)
        var payload: [UInt8] = []
        var hash = XXH64.Stream(seed: 0)
        while let record = stream.next(into: &payload) {
            hash.update(UInt64(payload.count))
            hash.update(payload.span)
            hash.update(UInt64(bitPattern: record.timestamp.microseconds))
        }
        hash.update(stream.manifestJSON().span)
        return hash.finish()
    }

    /// If this fails, seeds give other streams than they did before: say so in the change log, and pin the new hash.
    @Test func theSameSeedGivesTheSameBytesEverywhere() throws {
        var parameters = StreamParameters(seed: 42, count: 10_000)
        parameters.authors = 50_000
        let hash = try Self.bytes(parameters)
        #expect(hash == 0xEE1A_D58E_0FDC_AADA, "\(String(hash, radix: 16))")
        #expect(try Self.bytes(parameters) == hash)
        parameters.seed = 43
        #expect(try Self.bytes(parameters) != hash)
    }

    @Test func sketchesDoNotChangeTheStream() throws {
        var parameters = StreamParameters(seed: 5, count: 2_000)
        parameters.authors = 1_000
        let with = try Self.bytes(parameters)
        parameters.sketches = false
        #expect(try Self.bytes(parameters) == with)
    }

    @Test(arguments: [(1 as UInt64, 4_096), (2, 1), (3, 7)])
    func theManifestEqualsARecount(seed: UInt64, window: Int) throws {
        var parameters = StreamParameters(seed: seed, count: 8_000)
        parameters.authors = 10_000
        parameters.window = window
        parameters.badRecords = 20_000
        let found = try Recount(parameters)
        #expect(found.manifest.records == 8_000)
        #expect(found.manifest.mentions == found.mentions)
        #expect(found.manifest.redeliveries == found.redeliveries)
        #expect(found.manifest.revisions == found.revisions)
        #expect(found.manifest.deadLetters == found.deadLetters)
        #expect(found.manifest.replies == found.replies)
        #expect(found.manifest.reposts == found.reposts)
        #expect(found.unresolvedReferences == 0)
        let total = found.mentions + found.redeliveries + found.revisions + found.deadLetters.values.reduce(0, +)
        #expect(total == 8_000)
    }

    @Test func sharesAreAsAsked() throws {
        var parameters = StreamParameters(seed: 9, count: 20_000)
        parameters.authors = 100_000
        let found = try Recount(parameters)
        func expect(_ part: Int, of whole: Int, near share: Double, within tolerance: Double) {
            let actual = Double(part) / Double(whole)
            #expect(abs(actual - share) < tolerance, "\(actual) instead of \(share)")
        }
        expect(found.redeliveries, of: 20_000, near: 0.05, within: 0.004)
        expect(found.revisions, of: 20_000, near: 0.02, within: 0.003)
        expect(found.deadLetters.values.reduce(0, +), of: 20_000, near: 0.005, within: 0.0015)
        expect(found.manifest.exactCopies + found.manifest.nearCopies, of: found.mentions, near: 0.04, within: 0.006)
        let snowflakes = found.sources["twitter", default: 0] + found.sources["mastodon", default: 0]
        let short = found.sources["reddit", default: 0] + found.sources["review", default: 0]
        expect(snowflakes, of: found.mentions, near: 0.6, within: 0.05)
        expect(short, of: found.mentions, near: 0.15, within: 0.04)
        #expect(found.sources.count == 8)
        #expect(found.languages == ["en", "es", "de", "fr", "ja", "pt"])
        let sorted = found.lengths.sorted()
        #expect(70...95 ~= sorted[sorted.count / 2])
        expect(sorted.filter { $0 > 2_000 }.count, of: sorted.count, near: 0.02, within: 0.006)
        #expect(found.authors.count > 7_000)
    }

    @Test func brandsFollowZipf() throws {
        var parameters = StreamParameters(seed: 4, count: 15_000)
        parameters.authors = 10_000
        let counts = try Recount(parameters).manifest.mentionsByBrand
        // With exponent 1 the first is twice the second and ten times the tenth.
        #expect(1.7...2.3 ~= Double(counts[0]) / Double(counts[1]))
        #expect(7.0...13.0 ~= Double(counts[0]) / Double(counts[9]))
    }

    @Test func everyReasonOccurs() throws {
        var parameters = StreamParameters(seed: 3, count: 1_500)
        parameters.authors = 10
        parameters.badRecords = 1_000_000
        parameters.redeliveries = 0
        parameters.revisions = 0
        let found = try Recount(parameters)
        let possible = Set(ReasonCode.allCases).subtracting([.rejectedByDatabase])
        #expect(Set(found.deadLetters.keys) == possible)
        #expect(found.deadLetters[.tooLarge, default: 0] < 30)
    }

    @Test func datesAdvanceOverTheSpan() throws {
        var parameters = StreamParameters(seed: 3, count: 5_000)
        parameters.authors = 100
        parameters.spanMilliseconds = 3_600_000
        let dates = try Recount(parameters).dates
        let start = parameters.startMilliseconds * 1_000
        #expect(dates.allSatisfy { $0 >= start - 3_000_000 && $0 <= start + 3_610_000_000 })
        #expect((dates.max() ?? 0) - (dates.min() ?? 0) > 3_500_000_000)
    }

    @Test func brandNamesAreDistinct() throws {
        var parameters = StreamParameters(seed: 3, count: 0)
        parameters.brands = 20_000
        parameters.authors = 1
        let brands = try MentionStream(parameters).brands
        #expect(Set(brands.flatMap { [$0.name.lowercased(), $0.alias.lowercased()] }).count == 40_000)
        var bytes: [UInt8] = []
        brands[0].appendJSON(to: &bytes)
        let json = String(decoding: bytes, as: UTF8.self)
        #expect(json.hasPrefix("{\"name\":\"\(brands[0].name)\",\"aliases\":[\"\(brands[0].alias)\"]"))
    }

    @Test func truthIsToldPerRecord() throws {
        var parameters = StreamParameters(seed: 11, count: 3_000)
        parameters.authors = 100
        var stream = try MentionStream(parameters)
        var payload: [UInt8] = []
        var kinds: [String: Int] = [:]
        while stream.next(into: &payload) != nil {
            var line: [UInt8] = []
            stream.appendTruth(to: &line)
            let text = String(decoding: line, as: UTF8.self)
            for kind in ["new", "redelivery", "revision", "dead_letter"] where text.contains("\"kind\":\"\(kind)\"") {
                kinds[kind, default: 0] += 1
            }
        }
        #expect(kinds["new"] == stream.manifest.mentions)
        #expect(kinds["redelivery"] == stream.manifest.redeliveries)
        #expect(kinds["revision"] == stream.manifest.revisions)
        #expect(kinds["dead_letter"] == stream.manifest.deadLetters.values.reduce(0, +))
    }

    @Test func parametersOutOfRangeAreNamed() {
        for change: (inout StreamParameters) -> Void in [
            { $0.brands = 0 }, { $0.authors = 0 }, { $0.count = -1 }, { $0.redeliveries = 990_000 }, { $0.window = 0 },
            { $0.spanMilliseconds = 0 }, { $0.replies = 2_000_000 }, { $0.startMilliseconds = 0 },
        ] {
            var parameters = StreamParameters(seed: 1, count: 10)
            change(&parameters)
            #expect(throws: StreamParameterError.self) { try MentionStream(parameters) }
        }
    }
}

@Suite struct SeededRandomTests {
    @Test func boundsHold() {
        var random = SeededRandom(seed: 1)
        var seen: Set<Int> = []
        for _ in 0..<1_000 { seen.insert(random.below(7)) }
        #expect(seen == Set(0..<7))
        #expect(random.below(0) == 0 && random.below(-3) == 0 && random.below(1) == 0)
    }

    @Test func scrambleIsABijectionOnASample() {
        #expect(Set((0..<100_000).map { SeededRandom.scramble($0) }).count == 100_000)
    }
}
