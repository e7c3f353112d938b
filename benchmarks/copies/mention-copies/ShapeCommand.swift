import ArgumentParser
import Copies
import Synthesis

/// How similar edited and unrelated texts are, by the length of shingles and what texts are folded to.
struct ShapeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shape",
        abstract: "Shows the similarity of edited and of unrelated texts for shingles of 3 to 6 scalars."
    )

    @OptionGroup var source: TextOptions
    @Option(help: "Texts.") var count = 5_000

    func run() throws {
        let texts = try source.load(count, atLeast: 20)
        var truth = TrueShingles()
        for folding in TrueShingles.Folding.allCases {
            for length in 3...6 {
                let sets = texts.map { truth.of($0, length: length, folding: folding) }
                for edit in Edit.allCases {
                    var random = SeededRandom(seed: source.seed)
                    var kept = [0, 0, 0]
                    var totals = [0, 0, 0]
                    for (text, set) in zip(texts, sets) {
                        let other = truth.of(edit.apply(to: text, &random), length: length, folding: folding)
                        let size = set.count < 40 ? 0 : set.count < 80 ? 1 : 2
                        totals[size] += 1
                        if TrueShingles.jaccard(set, other) >= 0.8 { kept[size] += 1 }
                    }
                    Page.show([
                        "measure": "edit", "folding": folding.rawValue, "shingle": length, "edit": edit.rawValue,
                        "kept_below_40": Double(kept[0]) / Double(max(1, totals[0])),
                        "kept_40_to_80": Double(kept[1]) / Double(max(1, totals[1])),
                        "kept_from_80": Double(kept[2]) / Double(max(1, totals[2])),
                    ])
                }
                var random = SeededRandom(seed: source.seed)
                var values: [Double] = []
                for _ in 0..<200_000 {
                    let (one, other) = (random.below(sets.count), random.below(sets.count))
                    if one != other { values.append(TrueShingles.jaccard(sets[one], sets[other])) }
                }
                values.sort()
                Page.show([
                    "measure": "unrelated", "folding": folding.rawValue, "shingle": length,
                    "mean": values.reduce(0, +) / Double(values.count), "p99": values[values.count * 99 / 100],
                    "p999": values[values.count * 999 / 1000],
                    "from_half": values.count { $0 >= 0.5 }, "from_80": values.count { $0 >= 0.8 },
                ])
            }
        }
    }
}
