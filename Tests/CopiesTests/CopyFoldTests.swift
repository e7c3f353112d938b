@testable import Copies
import MentionModel
import Testing

/// What a database would hold, and a step that folds batches into it.
private struct Shelf {
    let window: Int64
    var spans: [[UInt64]: TextSpan] = [:]
    var clusters: [Int64: Cluster] = [:]
    var parents: [Int64: Int64] = [:]
    var members: [Int64: Int64] = [:]
    var keys: [Int64: Canonical] = [:]
    var copies = Set<Int64>()
    var pairs: [UInt64: Set<UInt64>] = [:]
    var nextNumber: Int64 = 1

    static func place(_ span: TextSpan) -> [UInt64] { [span.textHash, UInt64(span.slot)] }

    mutating func fold(_ arrivals: [CopyArrival], _ found: [(UInt64, UInt64)]) {
        for (one, other) in found {
            pairs[one, default: []].insert(other)
            pairs[other, default: []].insert(one)
        }
        let texts = Set(arrivals.map(\.textHash) + found.flatMap { [$0.0, $0.1] })
        let touched = texts.union(texts.flatMap { pairs[$0] ?? [] })
        var fold = CopyFold(window: window)
        for span in spans.values where touched.contains(span.textHash) { fold.insert(span) }
        for arrival in arrivals {
            keys[arrival.key.mention] = arrival.key
            fold.arrive(arrival)
        }
        for text in texts { for other in pairs[text] ?? [] { fold.near(text, other) } }
        for number in fold.namedClusters {
            let root = parents[number] ?? number
            fold.insert(number: number, standing: root)
            if let cluster = clusters[root] { fold.insert(cluster) }
        }
        fold.join()
        let needs = fold.needs()
        let numbers = (0..<needs.newClusters).map { nextNumber + Int64($0) }
        nextNumber += Int64(needs.newClusters)
        let lone = Dictionary(uniqueKeysWithValues: needs.lone.compactMap { id in keys[id].map { (id, $0) } })
        keep(fold.settle(keys: lone, numbers: numbers))
    }

    private mutating func keep(_ settlement: CopySettlement) {
        for span in settlement.goneSpans { spans[Self.place(span)] = nil }
        for span in settlement.spans { spans[Self.place(span)] = span }
        for cluster in settlement.clusters { clusters[cluster.number] = cluster }
        for merge in settlement.merges {
            clusters[merge.child] = nil
            parents[merge.child] = merge.parent
            for (child, parent) in parents where parent == merge.child { parents[child] = merge.parent }
        }
        for member in settlement.members {
            #expect(members[member.mention] == nil)
            members[member.mention] = member.cluster
        }
        for mention in settlement.copies + settlement.demoted {
            let isFirst = copies.insert(mention).inserted
            #expect(isFirst)
        }
    }

    func standing(_ mention: Int64) -> Int64? { members[mention].map { parents[$0] ?? $0 } }
}

@Suite struct CopyFoldTests {
    private struct World {
        var arrivals: [CopyArrival] = []
        var near: [(UInt64, UInt64)] = []
        var window: Int64 = 10
    }

    private static func world(_ random: inout SeededGenerator) -> World {
        var world = World()
        for number in 0..<70 {
            let key = Canonical(
                publishedAt: Timestamp(microseconds: Int64.random(in: 0...90, using: &random)),
                source: ["twitter", "Reddit", "é"][Int.random(in: 0...2, using: &random)],
                nativeID: "id\(Int.random(in: 0...3, using: &random))",
                mention: Int64(number)
            )
            world.arrivals.append(CopyArrival(textHash: UInt64.random(in: 1...14, using: &random), key: key))
        }
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            world.near.append((UInt64.random(in: 1...14, using: &random), UInt64.random(in: 1...14, using: &random)))
        }
        return world
    }

    /// All pairs by the relation itself.
    private static func expected(_ world: World) -> [Int] {
        var links: [(Int, Int)] = []
        for (i, one) in world.arrivals.enumerated() {
            for (j, other) in world.arrivals.enumerated().prefix(i) {
                let distance = one.key.publishedAt.microseconds - other.key.publishedAt.microseconds
                guard abs(distance) <= world.window else { continue }
                let isNear = world.near.contains {
                    ($0.0, $0.1) == (one.textHash, other.textHash) || ($0.1, $0.0) == (one.textHash, other.textHash)
                }
                if one.textHash == other.textHash || isNear { links.append((i, j)) }
            }
        }
        return components(world.arrivals.count, links)
    }

    @Test func anyOrderAndAnyBatchSizeGiveTheSameClusters() throws {
        for seed in UInt64(0)..<60 {
            var random = SeededGenerator(seed: seed)
            let world = Self.world(&random)
            let expected = Self.expected(world)
            for _ in 0..<5 {
                var shelf = Shelf(window: world.window)
                let order = world.arrivals.shuffled(using: &random)
                let batch = [1, 2, 7, 70][Int.random(in: 0...3, using: &random)]
                // Pairs become known before, with or after the mentions that have the texts.
                var pairs = world.near.shuffled(using: &random)
                for start in stride(from: 0, to: order.count, by: batch) {
                    let isLast = start + batch >= order.count
                    let count = isLast ? pairs.count : Int.random(in: 0...pairs.count, using: &random)
                    shelf.fold(Array(order[start..<min(order.count, start + batch)]), Array(pairs.suffix(count)))
                    pairs.removeLast(count)
                }
                try compare(shelf, world, expected)
            }
        }
    }

    private func compare(_ shelf: Shelf, _ world: World, _ expected: [Int]) throws {
        for group in Dictionary(grouping: expected.indices, by: { expected[$0] }).values {
            let keys = group.map { world.arrivals[$0].key }
            let canonical = try #require(keys.min())
            let numbers = Set(keys.map { shelf.standing($0.mention) })
            #expect(numbers.count == 1)
            for key in keys { #expect(shelf.copies.contains(key.mention) == (key.mention != canonical.mention)) }
            guard group.count > 1 else {
                #expect(numbers == [nil])
                continue
            }
            let number = try #require(numbers.first.flatMap { $0 })
            let cluster = try #require(shelf.clusters[number])
            #expect(cluster.canonical == canonical)
            #expect(cluster.size == Int64(group.count))
            #expect(cluster.lastAt == keys.map(\.publishedAt).max())
        }
        #expect(shelf.clusters.count == Set(expected).count { label in expected.count { $0 == label } > 1 })
        // One span for each stretch of a text, with its ends.
        for span in shelf.spans.values {
            let own = world.arrivals.filter {
                $0.textHash == span.textHash && $0.key.publishedAt >= span.first && $0.key.publishedAt <= span.last
            }
            #expect(own.map(\.key.publishedAt).min() == span.first)
            #expect(own.map(\.key.publishedAt).max() == span.last)
            #expect(own.contains { $0.key.mention == span.mention })
        }
    }

    @Test func mergesIntoTheGreaterAndNetsOnce() {
        func key(_ time: Int64, _ mention: Int64) -> Canonical {
            Canonical(publishedAt: Timestamp(microseconds: time), source: "s", nativeID: "\(mention)", mention: mention)
        }
        func span(_ text: UInt64, _ cluster: Int64) -> TextSpan {
            let (first, last) = (Timestamp(microseconds: 9), Timestamp(microseconds: 50))
            return TextSpan(textHash: text, slot: 0, mention: 0, cluster: cluster, first: first, last: last)
        }
        let at = Timestamp(microseconds: 50)
        var fold = CopyFold(window: 5)
        fold.insert(span(1, 8))
        fold.insert(span(2, 5))
        fold.arrive(CopyArrival(textHash: 3, key: key(55, 90)), isStored: true)
        fold.near(1, 2)
        fold.near(3, 1)
        fold.insert(Cluster(number: 3, canonical: key(10, 30), size: 2, lastAt: at))
        fold.insert(number: 8, standing: 3)
        fold.insert(Cluster(number: 5, canonical: key(9, 50), size: 4, lastAt: at))
        fold.join()
        #expect(fold.needs() == CopyFoldNeeds())
        let settlement = fold.settle(keys: [:], numbers: [])
        #expect(settlement.merges == [.init(child: 3, parent: 5)])
        #expect(settlement.demoted == [30])
        #expect(settlement.copies == [90])
        #expect(settlement.members == [.init(mention: 90, cluster: 5)])
        let last = Timestamp(microseconds: 55)
        #expect(settlement.clusters == [Cluster(number: 5, canonical: key(9, 50), size: 7, lastAt: last)])
        #expect(settlement.spans.map(\.cluster) == [5])
    }

    @Test func stringsCompareByBytes() {
        func key(_ source: String, _ id: String) -> Canonical {
            Canonical(publishedAt: Timestamp(microseconds: 0), source: source, nativeID: id, mention: 0)
        }
        #expect(key("Z", "1") < key("a", "1"))
        #expect(key("a", "10") < key("a", "9"))
        // One and the same for Unicode, two for the database.
        #expect(key("a", "e\u{301}") < key("a", "\u{E9}"))
    }
}
