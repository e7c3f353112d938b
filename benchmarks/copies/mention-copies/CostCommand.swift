import ArgumentParser
import Copies
import Fingerprinting
import MentionModel
import Synthesis

/// Processor time, memory and rebuild.
struct CostCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost",
        abstract: "Measures processor time and memory per mention, hot clusters, and a rebuild."
    )

    @OptionGroup var source: TextOptions
    @OptionGroup var options: SchemeOptions
    @Option(help: "Mentions.") var count = 400_000
    @Option(help: "Bytes of the index.") var bytes = 128 << 20

    private struct Row {
        var mention: CopyMention
        var signature: Range<Int>
    }

    func run() throws {
        let scheme = options.scheme
        var texts: [[UInt8]] = []
        var times: [Timestamp] = []
        if source.texts == nil {
            var stream = try GeneratedTexts(seed: source.seed, count: count * 2)
            while texts.count < count, let next = stream.next() {
                texts.append(Array(next.text.utf8))
                times.append(next.at)
            }
        } else {
            let lines = try source.load(count)
            guard !lines.isEmpty else { throw ValidationError("--texts has no text") }
            // Lines first, then thirds of three lines: other texts of the same kind, none a copy.
            let words = lines.map { $0.split(separator: " ") }
            var random = SeededRandom(seed: source.seed)
            for number in 0..<count {
                if number < lines.count {
                    texts.append(Array(lines[number].utf8))
                } else {
                    var parts: [Substring] = []
                    for third in 0..<3 {
                        let line = words[random.below(words.count)]
                        parts += line[line.count * third / 3..<line.count * (third + 1) / 3]
                    }
                    texts.append(Array(parts.joined(separator: " ").utf8))
                }
                times.append(Timestamp(milliseconds: Int64(number) * 1_000))
            }
        }
        try measure(scheme, texts, times)
        hot(scheme, same: true)
        hot(scheme, same: false)
    }

    private func measure(_ scheme: CopyScheme, _ texts: [[UInt8]], _ times: [Timestamp]) throws {
        var fingerprinter = Fingerprinter()
        var sketcher = CopySketcher(scheme: scheme)
        var normalised: [UInt8] = []
        var signatures: [UInt8] = []
        var rows: [Row] = []
        var sketches: [CopySketch] = []
        var hashes: [UInt64] = []
        var start = processorSeconds()
        for text in texts { hashes.append(fingerprinter.textHash(text.span)) }
        let hashed = processorSeconds() - start
        start = processorSeconds()
        for text in texts { fingerprinter.normalise(text.span, into: &normalised) }
        let again = processorSeconds() - start
        start = processorSeconds()
        for (number, text) in texts.enumerated() {
            fingerprinter.normalise(text.span, into: &normalised)
            let from = signatures.count
            sketches.append(sketcher.sketch(normalised.span, signature: &signatures))
            let mention = CopyMention(textHash: hashes[number], reference: Int64(number), publishedAt: times[number])
            rows.append(Row(mention: mention, signature: from..<signatures.count))
        }
        let sketched = processorSeconds() - start - again
        var index = CopyIndex(scheme: scheme, bytes: bytes)
        var links: [CopyLink] = []
        start = processorSeconds()
        for (number, row) in rows.enumerated() {
            _ = index.take(
                row.mention,
                signature: signatures.span.extracting(row.signature),
                sketch: sketches[number],
                links: &links
            )
        }
        let taken = processorSeconds() - start
        // As a worker does it: the hash is asked first, and a sketch is made only where it does not tell.
        var lazy = CopyIndex(scheme: scheme, bytes: bytes)
        start = processorSeconds()
        for (number, text) in texts.enumerated() {
            if number + 1 < rows.count { lazy.expect(rows[number + 1].mention.textHash) }
            fingerprinter.normalise(text.span, into: &normalised)
            _ = lazy.take(rows[number].mention, text: normalised.span, links: &links)
        }
        let whole = processorSeconds() - start - again
        let each = 1e6 / Double(texts.count)
        Page.show([
            "measure": "cost", "mentions": texts.count,
            "text_bytes": Double(texts.reduce(0) { $0 + $1.count }) / Double(texts.count),
            "normalise_us": hashed * each, "sketch_us": sketched * each, "index_us": taken * each,
            "copies_us": whole * each,
        ])
        Page.show([
            "measure": "tiers", "alone": index.counts.alone, "same_text": index.counts.sameText,
            "near": index.counts.near, "short": index.counts.short,
            "comparisons_per_mention": Double(index.counts.comparisons) / Double(texts.count),
            "evicted": index.escapes.evicted, "crowded": index.escapes.crowded, "uncompared": index.escapes.uncompared,
        ])
        Page.show([
            "measure": "memory", "bytes": index.memory, "capacity": index.capacity, "texts": index.texts,
            "bytes_per_text_when_full": Double(index.memory) / Double(index.capacity),
            "bytes_per_mention_when_full": Double(index.memory) / Double(index.capacity)
                * Double(index.texts + index.escapes.evicted) / Double(texts.count),
            "signature_bytes_per_mention": Double(signatures.count) / Double(texts.count),
        ])
        var rebuilt = CopyIndex(scheme: scheme, bytes: bytes)
        start = processorSeconds()
        var restored = 0
        for row in rows.reversed() {
            guard rebuilt.restore(row.mention, signature: signatures.span.extracting(row.signature)) else { break }
            restored += 1
        }
        let seconds = processorSeconds() - start
        Page.show([
            "measure": "rebuild", "rows": restored, "seconds": seconds,
            "us_each": seconds * 1e6 / Double(max(1, restored)),
            "texts": rebuilt.texts,
        ])
        rebuilt = CopyIndex(scheme: scheme, bytes: bytes)
        start = processorSeconds()
        restored = 0
        for (row, text) in zip(rows, texts).reversed() {
            fingerprinter.normalise(text.span, into: &normalised)
            guard rebuilt.restore(row.mention, text: normalised.span) else { break }
            restored += 1
        }
        let folded = processorSeconds() - start
        Page.show([
            "measure": "rebuild_from_text", "rows": restored, "seconds_with_normalising": folded,
            "us_each": folded * 1e6 / Double(max(1, restored)), "texts": rebuilt.texts,
        ])
    }

    /// A cluster of many members: the same text, or each with a number of its own.
    private func hot(_ scheme: CopyScheme, same: Bool) {
        var feeding = Feeding(scheme, bytes: bytes)
        let text =
            "Breaking: the airline has cancelled all flights out of the northern hub until further notice, says its spokesman"
        let members = 100_000
        var copies = 0
        let start = processorSeconds()
        for number in 0..<members {
            let member = same ? text : "\(text) \(number)"
            let outcome = feeding.take(
                Array(member.utf8),
                reference: number,
                at: Timestamp(milliseconds: Int64(number))
            )
            if outcome != .alone { copies += 1 }
        }
        Page.show([
            "measure": same ? "hot_same_text" : "hot_near_copies", "members": members, "linked": copies,
            "us_each_with_normalising": (processorSeconds() - start) * 1e6 / Double(members),
            "comparisons_per_mention": Double(feeding.index.counts.comparisons) / Double(members),
            "texts_held": feeding.index.texts,
        ])
    }
}
