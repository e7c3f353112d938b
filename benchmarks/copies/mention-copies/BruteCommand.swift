import ArgumentParser
import Copies
import Synthesis

/// Every pair of texts, against what the index finds.
struct BruteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brute",
        abstract:
            "Computes the true similarity of all pairs of texts, and says which the index has not brought together."
    )

    @OptionGroup var source: TextOptions
    @OptionGroup var options: SchemeOptions
    @Option(help: "Texts.") var count = 10_000

    func run() throws {
        let scheme = options.scheme
        let texts = try source.load(count)
        var truth = TrueShingles()
        let sets = texts.map { truth.of($0, length: scheme.shingle) }
        var feeding = Feeding(scheme, bytes: 64 << 20)
        var groups = Groups(texts.count)
        for (number, text) in texts.enumerated() {
            _ = feeding.take(Array(text.utf8), reference: number)
            for link in feeding.links { groups.join(number, Int(link.reference)) }
        }
        // Shared shingles by an inverted index.
        var places: [UInt64: [Int32]] = [:]
        var shared = [Int32](repeating: 0, count: texts.count)
        var background = [Int](repeating: 0, count: 10)
        var counted = [0, 0]
        var found = [0, 0]
        for (number, set) in sets.enumerated() where set.count >= scheme.leastShingles {
            var touched: [Int32] = []
            for shingle in set {
                for other in places[shingle, default: []] {
                    if shared[Int(other)] == 0 { touched.append(other) }
                    shared[Int(other)] += 1
                }
                places[shingle, default: []].append(Int32(number))
            }
            for other in touched {
                let common = Int(shared[Int(other)])
                shared[Int(other)] = 0
                let jaccard = Double(common) / Double(set.count + sets[Int(other)].count - common)
                background[min(9, Int(jaccard * 10))] += 1
                guard jaccard * 10_000 >= Double(scheme.threshold) else { continue }
                let high = jaccard >= 0.85 ? 1 : 0
                counted[high] += 1
                if groups.root(number) == groups.root(Int(other)) { found[high] += 1 }
            }
        }
        Page.show([
            "measure": "brute_force", "texts": texts.count, "pairs_80_to_85": counted[0],
            "recall_80_to_85": Double(found[0]) / Double(max(1, counted[0])), "pairs_from_85": counted[1],
            "recall_from_85": Double(found[1]) / Double(max(1, counted[1])),
            "comparisons_per_text": Double(feeding.index.counts.comparisons) / Double(texts.count),
        ])
        for (tenth, pairs) in background.enumerated() {
            Page.show(["measure": "pairs_by_similarity", "jaccard_from": Double(tenth) / 10, "pairs": pairs])
        }
    }
}
