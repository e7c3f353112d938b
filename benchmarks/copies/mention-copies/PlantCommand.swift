import ArgumentParser
import Copies
import Synthesis

/// Recall and precision on planted pairs.
struct PlantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plant",
        abstract: "Plants edited copies at a Jaccard similarity of 0.7 to 1, and says how many are found."
    )

    @OptionGroup var source: TextOptions
    @OptionGroup var options: SchemeOptions
    @Option(help: "Pairs to plant.") var pairs = 20_000
    @Option(help: "Bytes of the index.") var bytes = 64 << 20

    func validate() throws {
        guard pairs > 0 else { throw ValidationError("--pairs must be above 0") }
    }

    func run() throws {
        let scheme = options.scheme
        let texts = try source.load(pairs)
        var random = SeededRandom(seed: source.seed ^ 0x5EED)
        var truth = TrueShingles()
        var feeding = Feeding(scheme, bytes: bytes)
        var sets: [[UInt64]] = []
        var all: [String] = []
        var planted: [(base: Int, copy: Int, jaccard: Double)] = []
        for text in texts {
            let set = truth.of(text, length: scheme.shingle)
            all.append(text)
            sets.append(set)
            if set.count < scheme.leastShingles { continue }
            // One to six edits, so that all similarities come up.
            var copy = text
            for _ in 0...random.below(6) {
                copy = Edit.allCases[random.below(Edit.allCases.count)].apply(to: copy, &random)
            }
            let other = truth.of(copy, length: scheme.shingle)
            let jaccard = TrueShingles.jaccard(set, other)
            if jaccard < 0.7 || other.count < scheme.leastShingles { continue }
            planted.append((all.count - 1, all.count, jaccard))
            all.append(copy)
            sets.append(other)
        }
        // Texts come in an order in which a copy is far from what it copies.
        var order = Array(all.indices)
        for index in order.indices.reversed() { order.swapAt(index, random.below(index + 1)) }
        var groups = Groups(all.count)
        var links = 0
        var wrong = 0
        for number in order {
            _ = feeding.take(Array(all[number].utf8), reference: number)
            for link in feeding.links {
                links += 1
                groups.join(number, Int(link.reference))
                let jaccard = TrueShingles.jaccard(sets[number], sets[Int(link.reference)])
                // Of the same text all that counts is that it is the same.
                if link.jaccard < 10_000, jaccard * 10_000 < Double(scheme.threshold) { wrong += 1 }
            }
        }
        for low in stride(from: 70, to: 100, by: 5) {
            let bucket = planted.filter {
                $0.jaccard * 100 >= Double(low) && ($0.jaccard * 100 < Double(low + 5) || low == 95)
            }
            let found = bucket.count { groups.root($0.base) == groups.root($0.copy) }
            Page.show([
                "measure": "planted", "jaccard_from": Double(low) / 100, "pairs": bucket.count, "found": found,
                "share": Double(found) / Double(max(1, bucket.count)),
            ])
        }
        let wanted = planted.filter { $0.jaccard >= 0.85 }
        let close = planted.filter { $0.jaccard >= 0.8 && $0.jaccard < 0.85 }
        Page.show([
            "measure": "planted_total", "texts": all.count, "pairs": planted.count,
            "recall_from_85": share(wanted, &groups), "recall_80_to_85": share(close, &groups),
            "links": links, "wrong_links": wrong, "precision": 1 - Double(wrong) / Double(max(1, links)),
            "comparisons_per_mention": Double(feeding.index.counts.comparisons) / Double(all.count),
            "crowded": feeding.index.escapes.crowded, "evicted": feeding.index.escapes.evicted,
        ])
    }

    private func share(_ pairs: [(base: Int, copy: Int, jaccard: Double)], _ groups: inout Groups) -> Double {
        var found = 0
        for pair in pairs where groups.root(pair.base) == groups.root(pair.copy) { found += 1 }
        return Double(found) / Double(max(1, pairs.count))
    }
}
