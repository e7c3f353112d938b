import ArgumentParser
import Copies
import Foundation
import MentionModel

/// The largest clusters of a file.
struct ClustersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clusters",
        abstract: "Shows the largest clusters of a file of mentions.",
        discussion: "A line is: published_at in microseconds, tab, text. benchmarks/copies.sh makes such files."
    )

    @OptionGroup var options: SchemeOptions
    @Option(help: "Clusters to show.") var top = 10
    @Option(help: "Different texts to show of each.") var members = 4
    @Flag(help: "Only clusters with near copies, not those of one text.") var near = false
    @Argument(help: ArgumentHelp("The file.", valueName: "file")) var file: String

    func run() throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ValidationError("\(file) can't be read: give a file with a time, a tab and a text a line")
        }
        var texts: [String] = []
        var feeding = Feeding(options.scheme, bytes: 64 << 20)
        var links: [(Int, CopyLink)] = []
        for line in data.split(separator: 0x0A) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let time = Int64(parts[0]) else { continue }
            _ = feeding.take(Array(parts[1].utf8), reference: texts.count, at: Timestamp(microseconds: time))
            for link in feeding.links { links.append((texts.count, link)) }
            texts.append(String(parts[1]))
        }
        var groups = Groups(texts.count)
        for (number, link) in links { groups.join(number, Int(link.reference)) }
        var clusters: [Int: [Int]] = [:]
        for number in texts.indices { clusters[groups.root(number), default: []].append(number) }
        let counts = feeding.index.counts
        Page.show([
            "measure": "clusters", "mentions": texts.count, "alone": counts.alone, "same_text": counts.sameText,
            "near": counts.near, "short": counts.short, "clusters": clusters.count { $0.value.count > 1 },
            "comparisons": counts.comparisons,
        ])
        let nearOnes = Set(links.lazy.filter { $0.1.jaccard < 10_000 }.map { $0.0 })
        let chosen = clusters.values
            .filter { $0.count > 1 && (!near || $0.contains { nearOnes.contains($0) }) }
            .sorted { ($0.count, $1[0]) > ($1.count, $0[0]) }
        for cluster in chosen.prefix(top) {
            print("— \(cluster.count) mentions")
            var shown = Set<String>()
            for number in cluster where shown.count < members && shown.insert(texts[number]).inserted {
                print("    \(texts[number])")
            }
        }
    }
}
