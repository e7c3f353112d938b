@testable import Copies
import MentionModel
import Testing

@Suite struct CopyJoinTests {
    /// Texts in families: each an edit of an earlier one, some the same.
    private static func texts(_ count: Int, _ random: inout SeededGenerator) -> [(text: String, day: Double)] {
        var texts: [(text: String, day: Double)] = []
        var originals: [String] = []
        for _ in 0..<count {
            var words = random.words(16)
            let draw = Int.random(in: 0..<10, using: &random)
            // Mostly edits of an original, so that few share a bucket; now and then an edit of an edit.
            let old =
                draw < 4
                ? originals.suffix(30).randomElement(using: &random)
                : draw < 6 ? texts.suffix(8).randomElement(using: &random)?.text : nil
            if let old {
                words = old.split(separator: " ").map(String.init)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: break
                case 1: words.append(random.words(1)[0])
                case 2: words.remove(at: Int.random(in: 0..<words.count, using: &random))
                default: words[Int.random(in: 0..<words.count, using: &random)] = random.words(1)[0]
                }
            } else {
                originals.append(words.joined(separator: " "))
            }
            texts.append((words.joined(separator: " "), Double.random(in: 0..<30, using: &random)))
        }
        return texts
    }

    /// All pairs by the relation itself.
    private static func expected(_ prepared: [Preparation.Prepared], _ scheme: CopyScheme) -> [Int] {
        var resemblance = Resemblance(shingle: scheme.shingle)
        var links: [(Int, Int)] = []
        for (i, one) in prepared.enumerated() {
            resemblance.begin()
            for (j, other) in prepared.enumerated().prefix(i) {
                guard scheme.isWithinWindow(one.mention.publishedAt, other.mention.publishedAt) else { continue }
                let meets =
                    (0..<scheme.bands).contains { one.sketch.bands[$0] == other.sketch.bands[$0] }
                    && one.sketch.pattern.agreement(other.sketch.pattern) >= SketchPattern.leastAgreement(scheme)
                if one.mention.textHash == other.mention.textHash {
                    links.append((i, j))
                    continue
                }
                guard meets, one.sketch.isComparable, other.sketch.isComparable else { continue }
                let similar = resemblance.compare(
                    one.signature.span,
                    other.signature,
                    other.signature.indices,
                    threshold: scheme.threshold
                )
                if similar != nil { links.append((i, j)) }
            }
        }
        return components(prepared.count, links)
    }

    private static func partition(_ labels: [Int]) -> Set<Set<Int>> {
        Set(Dictionary(grouping: labels.indices) { labels[$0] }.values.map(Set.init))
    }

    @Test func joinIndexesAndOrdersAgreeWithAllPairs() {
        var complete = 0
        for seed in UInt64(0)..<5 {
            var random = SeededGenerator(seed: seed)
            let scheme = CopyScheme()
            var preparation = Preparation(scheme)
            let prepared = Self.texts(120, &random).enumerated().map {
                preparation.prepare($1.text, $0, day: $1.day)
            }
            let expected = Self.partition(Self.expected(prepared, scheme))
            for round in 0..<4 {
                let order =
                    round == 0
                    ? prepared.sorted { $0.mention.publishedAt < $1.mention.publishedAt }
                    : round == 1
                        ? prepared.sorted { $1.mention.publishedAt < $0.mention.publishedAt }
                        : prepared.shuffled(using: &random)
                // One index finds all, in any order of time, unless it says that it may have missed some.
                let one = feed(order, into: 1, count: prepared.count)
                if one.escapes == CopyEscapes() {
                    complete += 1
                    #expect(Self.partition(one.clusters) == expected)
                }
                // Several find part of it, and nothing that is not true; the join finds the rest.
                let several = feed(order, into: 3, count: prepared.count).clusters
                var join = CopyJoin(scheme: scheme)
                for one in order { join.add(one.mention, signature: one.signature.span) }
                join.run()
                var labels = [Int](repeating: 0, count: prepared.count)
                for (position, cluster) in join.clusters().enumerated() {
                    labels[Int(order[position].mention.reference)] = Int(order[cluster].mention.reference)
                }
                #expect(Self.partition(labels) == expected)
                #expect(join.links.count == prepared.count - expected.count)
                for group in Self.partition(several).union(Self.partition(one.clusters)) {
                    #expect(expected.contains { $0.isSuperset(of: group) })
                }
            }
        }
        // About half are: otherwise this would test nothing.
        #expect(complete > 7)
    }

    private func feed(
        _ order: [Preparation.Prepared],
        into stations: Int,
        count: Int
    ) -> (clusters: [Int], escapes: CopyEscapes) {
        let indexes = (0..<stations).map { _ in Station() }
        var links: [(Int, Int)] = []
        for one in order {
            let station = indexes[Int(one.mention.textHash % UInt64(stations))]
            _ = station.index.take(
                one.mention,
                signature: one.signature.span,
                sketch: one.sketch,
                links: &station.links
            )
            for link in station.links { links.append((Int(one.mention.reference), Int(link.reference))) }
        }
        let escapes = indexes.reduce(CopyEscapes()) { $0 + $1.index.escapes }
        return (components(count, links), escapes)
    }

    @Test func aHotBucketIsNoSquare() {
        var preparation = Preparation()
        var join = CopyJoin()
        let text = "the flight to the northern hub was delayed again and nobody at the gate knew why it happened"
        for number in 0..<1_000 {
            let prepared = preparation.prepare("\(text) \(number)", number)
            join.add(prepared.mention, signature: prepared.signature.span)
        }
        join.run()
        #expect(Set(join.clusters()) == [0])
        #expect(join.uncompared == 0)
        #expect(join.links.count == 999)
    }
}
