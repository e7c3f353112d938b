import ArgumentParser
import Fingerprinting
import Foundation
import MentionModel
import Synthesis

/// Where texts come from.
struct TextOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A file with a text a line; without it texts are generated.", valueName: "file"))
    var texts: String?
    @Option(help: "All that is random follows from it.") var seed: UInt64 = 1

    /// At most `count` different texts, of at least so many bytes.
    func load(_ count: Int, atLeast bytes: Int = 0) throws -> [String] {
        var seen = Set<String>()
        var result: [String] = []
        func take(_ text: String) {
            if text.utf8.count >= bytes, seen.insert(text).inserted { result.append(text) }
        }
        if let texts {
            guard let data = FileManager.default.contents(atPath: texts) else {
                throw ValidationError("\(texts) can't be read: give --texts a file with a text a line")
            }
            for line in data.split(separator: 0x0A) {
                if result.count == count { break }
                take(String(decoding: line, as: UTF8.self))
            }
            return result
        }
        var stream = try GeneratedTexts(seed: seed, count: count * 4)
        while result.count < count, let text = stream.next() { take(text.text) }
        return result
    }
}

/// The texts of generated mentions, with their times.
struct GeneratedTexts {
    private var stream: MentionStream
    private var decoder = MentionDecoder()
    private var payload: [UInt8] = []

    init(seed: UInt64, count: Int) throws {
        var parameters = StreamParameters(seed: seed, count: count)
        parameters.sketches = false
        parameters.badRecords = 0
        stream = try MentionStream(parameters)
    }

    mutating func next() -> (text: String, at: Timestamp)? {
        while let record = stream.next(into: &payload) {
            guard record.kind == .mention else { continue }
            var arena = ByteArena(capacity: payload.count)
            let payload = payload
            guard
                let event = try? decoder.decode(payload.span, recordTimestamp: record.timestamp, into: &arena),
                let text = arena.string(event.text)
            else { continue }
            return (text, event.publishedAt)
        }
        return nil
    }
}

/// The reference: written for clearness and apart from the code that it checks.
struct TrueShingles {
    /// What is left of a text before it is cut into shingles.
    enum Folding: String, CaseIterable {
        case normalised
        case words
    }

    private var fingerprinter = Fingerprinter()
    private var normalised: [UInt8] = []

    /// The distinct shingles of a text, as 64-bit hashes, ascending.
    mutating func of(_ text: String, length: Int, folding: Folding = .words) -> [UInt64] {
        fingerprinter.normalise(Array(text.utf8).span, into: &normalised)
        var scalars: [UInt32] = []
        for scalar in String(decoding: normalised, as: UTF8.self).unicodeScalars {
            switch ScalarClass.of(scalar.value) {
            case .word, .unsegmented: scalars.append(scalar.value)
            case .ignorable: continue
            default:
                if folding == .normalised {
                    scalars.append(scalar.value)
                } else if scalar != "'", scalar != "’", scalars.last != 0x20, !scalars.isEmpty {
                    scalars.append(0x20)
                }
            }
        }
        while scalars.last == 0x20 { scalars.removeLast() }
        guard scalars.count > length else { return scalars.isEmpty ? [] : [Self.hash(scalars[...])] }
        var shingles = Set<UInt64>()
        for start in 0...scalars.count - length { shingles.insert(Self.hash(scalars[start..<start + length])) }
        return shingles.sorted()
    }

    private static func hash(_ scalars: ArraySlice<UInt32>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for scalar in scalars { hash = SeededRandom.scramble(hash ^ UInt64(scalar)) }
        return hash
    }

    /// The Jaccard similarity of two ascending sets.
    static func jaccard(_ left: [UInt64], _ right: [UInt64]) -> Double {
        var common = 0
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        let union = left.count + right.count - common
        return union == 0 ? 0 : Double(common) / Double(union)
    }
}
