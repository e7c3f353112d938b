import Copies
import MentionModel
import Testing

@Suite struct CopyIndexTests {
    private let text = "the flight to the northern hub was delayed again and nobody at the gate knew why it happened"

    private func isNear(_ outcome: CopyOutcome) -> Bool {
        if case .near = outcome { true } else { false }
    }

    @Test func tellsTheTiersApart() {
        let station = Station()
        #expect(station.take(text, 1) == .alone)
        let same = CopyOutcome.sameText(
            CopyLink(reference: 1, textHash: station.hash(text), jaccard: 10_000)
        )
        #expect(station.take("RT @bob: " + text.uppercased() + " https://t.co/x", 2) == same)
        guard case .near(let link) = station.take(text + " wow", 3) else {
            Issue.record("a word more is no near copy")
            return
        }
        #expect(link.reference == 1)
        #expect(Int(link.jaccard) == Int(jaccard(text, text + " wow") * 10_000))
        #expect(station.take("something else altogether that nobody has ever said of an airline before", 4) == .alone)
        let counts = station.index.counts
        #expect((counts.alone, counts.sameText, counts.near, counts.mentions) == (2, 1, 1, 4))
        #expect(station.index.texts == 3)
    }

    @Test func shortTextsStopAtTheSameText() {
        let station = Station()
        #expect(station.take("thank you so much", 1) == .alone)
        #expect(station.take("thank you so much!", 2) == .alone)
        #expect(station.take("Thank you so much", 3) != .alone)
        #expect(station.index.counts.short == 3)
    }

    @Test func thresholdIsConfiguration() {
        let other = text + " and that was the third time"
        let similarity = jaccard(text, other)
        #expect(similarity > 0.6 && similarity < 0.8)
        for (threshold, finds) in [(8_000, false), (6_000, true)] {
            let station = Station(CopyScheme(bands: 16, rows: 3, threshold: threshold))
            station.take(text, 1)
            #expect(isNear(station.take(other, 2)) == finds)
        }
    }

    @Test func windowIsOfThePair() {
        let station = Station()
        station.take(text, 1, day: 0)
        #expect(station.take(text, 2, day: 7.01) == .alone)
        #expect(station.take(text + " wow", 3, day: 7) != .alone)
        // Between both, this makes one cluster of them: a link to each.
        #expect(station.take(text, 4, day: 4) != .alone)
        #expect(station.links.count == 1 || station.links.count == 2)
        let apart = Station()
        apart.take(text, 1, day: 0)
        #expect(apart.take(text + " wow", 2, day: 8) == .alone)
        // The same text in reach of both: the near copy that was too far away is found now.
        #expect(apart.take(text, 3, day: 4) != .alone)
        #expect(Set(apart.links.map(\.reference)) == [1, 2])
    }

    @Test func timesAtTheEndsOfTheirRangeDoNotTrap() {
        let station = Station()
        var preparation = Preparation()
        for (number, time) in [Int64.min, .max, 0, .max, .min].enumerated() {
            var prepared = preparation.prepare(text, number)
            prepared.mention.publishedAt = Timestamp(microseconds: time)
            _ = station.index.take(
                prepared.mention,
                signature: prepared.signature.span,
                sketch: prepared.sketch,
                links: &station.links
            )
        }
        #expect(station.index.texts == 3)
        #expect(station.index.counts.sameText == 2)
    }

    @Test func aMentionThatComesAgainGetsItsLinksAgain() {
        let station = Station()
        station.take(text, 1)
        let first = station.take(text + " wow", 2)
        #expect(isNear(first))
        #expect(station.take(text + " wow", 2) == first)
        #expect(station.index.texts == 2)
    }

    @Test func hotClustersAddNoTextsAndFewComparisons() {
        let station = Station()
        for number in 0..<2_000 { station.take(text, number) }
        #expect(station.index.texts == 1)
        #expect(station.index.counts.comparisons == 0)
        for number in 0..<2_000 { station.take("\(text) \(number)", 10_000 + number) }
        #expect(station.index.counts.near == 2_000)
        // One for most, more only where the newest with the most bands in common is not similar enough.
        #expect(station.index.counts.comparisons < 4_000)
    }

    @Test func memoryIsBoundedAndWhatIsGivenUpIsCounted() {
        let station = Station(bytes: 128 << 10)
        let memory = station.index.memory
        #expect(memory <= 136 << 10)
        var random = SeededGenerator(seed: 5)
        station.take(text, 0)
        for number in 1...6_000 {
            station.take(random.words(Int.random(in: 1...40, using: &random)).joined(separator: " "), number)
            // A text that is repeated goes round and is never given up.
            if number % 100 == 0 { #expect(station.take(text, 100_000 + number) != .alone) }
        }
        #expect(station.index.memory == memory)
        #expect(station.index.texts < 3_000)
        #expect(station.index.escapes.evicted + station.index.texts >= 5_900)
        #expect(isNear(station.take(text + " wow", 1_000_000)))
    }

    @Test func textsBeyondTheWindowAreGivenUpWithoutBeingMissed() {
        let station = Station(bytes: 128 << 10)
        var random = SeededGenerator(seed: 6)
        for number in 0..<2_000 {
            station.take(random.words(12).joined(separator: " "), number, day: Double(number))
        }
        #expect(station.index.escapes.evicted == 0)
    }

    @Test func hashesThatCollideAreBounded() {
        var index = CopyIndex(bytes: 1 << 20)
        var links: [CopyLink] = []
        let empty: [UInt8] = []
        for number in 0..<3_000 {
            let mention = CopyMention(
                textHash: 0xABCD_EF01_0000_0000 | UInt64(number) << 20,
                reference: Int64(number),
                publishedAt: Timestamp(microseconds: 0)
            )
            let outcome = index.take(mention, signature: empty.span, sketch: CopySketch(), links: &links)
            #expect(outcome == .alone)
        }
        let crowded = index.escapes.crowded
        #expect(crowded > 2_000)
    }

    @Test func rebuildFindsWhatTheIndexFound() {
        var random = SeededGenerator(seed: 8)
        var preparation = Preparation()
        let texts = (0..<400).map { _ in random.words(14).joined(separator: " ") }
        let station = Station()
        let rebuilt = Station()
        for (number, text) in texts.enumerated() { station.take(text, number, day: Double(number) / 200) }
        for (number, text) in texts.enumerated().reversed() {
            let prepared = preparation.prepare(text, number, day: Double(number) / 200)
            let isTaken = rebuilt.index.restore(prepared.mention, signature: prepared.signature.span)
            #expect(isTaken)
        }
        #expect(rebuilt.index.texts == station.index.texts)
        #expect(rebuilt.index.reachesBackTo == station.index.reachesBackTo)
        for (number, text) in texts.enumerated() {
            for copy in [text, text + " wow"] {
                #expect(rebuilt.take(copy, 1_000 + number, day: 2) == station.take(copy, 1_000 + number, day: 2))
            }
        }
    }

    @Test func rebuildEndsWhereTheMemoryEndsAndKeepsTheNewest() {
        var random = SeededGenerator(seed: 9)
        var preparation = Preparation()
        var index = CopyIndex(bytes: 128 << 10)
        var restored = 0
        for number in (0..<5_000).reversed() {
            let prepared = preparation.prepare(
                random.words(10).joined(separator: " "),
                number,
                day: Double(number) / 5_000
            )
            guard index.restore(prepared.mention, signature: prepared.signature.span) else { break }
            restored += 1
        }
        let texts = index.texts
        #expect(restored == texts)
        #expect(restored < 5_000)
        index.noteCutRebuild(rows: 5_000 - restored)
        let escapes = index.escapes
        #expect(escapes.notRebuilt == 5_000 - restored)
        // What comes now pushes out the oldest, not the newest.
        var links: [CopyLink] = []
        let prepared = preparation.prepare(text, 5_000, day: 1)
        _ = index.take(prepared.mention, signature: prepared.signature.span, sketch: prepared.sketch, links: &links)
        let back = index.reachesBackTo?.microseconds ?? 0
        #expect(back > Int64(Double(5_000 - restored) / 5_000 * 86_400_000_000))
    }

    @Test func rebuildTakesTheTimesOfCopiesWithoutSignature() {
        var preparation = Preparation()
        var index = CopyIndex(bytes: 1 << 20)
        var links: [CopyLink] = []
        let empty: [UInt8] = []
        let late = preparation.prepare(text, 2, day: 6)
        let early = preparation.prepare(text, 1, day: 0)
        let isTaken = [
            index.restore(late.mention, signature: empty.span),
            index.restore(early.mention, signature: early.signature.span),
        ]
        #expect(isTaken == [true, true])
        let near = preparation.prepare(text + " wow", 3, day: 12)
        let outcome = index.take(near.mention, signature: near.signature.span, sketch: near.sketch, links: &links)
        #expect(outcome != .alone)
    }

    @Test func textAndSketchGiveTheSame() {
        var random = SeededGenerator(seed: 10)
        var preparation = Preparation()
        let station = Station()
        var index = CopyIndex(bytes: 1 << 20)
        var links: [CopyLink] = []
        var texts = (0..<60).map { _ in random.words(Int.random(in: 2...30, using: &random)).joined(separator: " ") }
        texts += texts.map { $0 + " wow" } + texts
        for (number, text) in texts.enumerated() {
            let prepared = preparation.prepare(text, number)
            let outcome = index.take(
                prepared.mention,
                signature: prepared.signature.span,
                sketch: prepared.sketch,
                links: &links
            )
            let other = station.take(text, number)
            #expect(other == outcome)
            #expect(station.links == links)
        }
        let counts = index.counts
        #expect(station.index.counts == counts)
        #expect(counts.sameText >= 60)
        #expect(counts.near > 30)
    }

    @Test func rebuildFromTextsIsTheOneFromSignatures() {
        var random = SeededGenerator(seed: 11)
        var preparation = Preparation()
        let (one, other) = (Station(), Station())
        let texts = (0..<300).map { _ in random.words(Int.random(in: 1...40, using: &random)).joined(separator: " ") }
        for (number, text) in (texts + texts.prefix(50)).enumerated().reversed() {
            let prepared = preparation.prepare(text, number)
            let isTaken = [
                one.index.restore(prepared.mention, text: prepared.text.span),
                other.index.restore(prepared.mention, signature: prepared.signature.span),
            ]
            #expect(isTaken == [true, true])
        }
        #expect(one.index.texts == other.index.texts)
        for text in texts {
            for copy in [text, text + " wow"] { #expect(one.take(copy, 1_000) == other.take(copy, 1_000)) }
        }
    }
}
