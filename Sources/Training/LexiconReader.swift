public import Classification

/// Reads word lists into valences, each lexicon in its own place.
public struct LexiconReader {
    /// Valences by key, in units of 1/32.
    public private(set) var valences: [UInt64: Valences] = [:]
    private var scratch = TextScratch()

    /// No lexicon read yet.
    public init() {}

    /// Reads lines of `word⇥valence⇥…`; `unit` is the valence that counts as 1.
    public mutating func readTable(_ bytes: [UInt8], place: Int, unit: Double) {
        for line in bytes.split(separator: 0x0A) {
            let fields = line.split(separator: 0x09, maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count >= 2, let value = Double(String(decoding: fields[1], as: UTF8.self)) else { continue }
            add(Array(fields[0]), value / unit, place)
        }
    }

    /// Reads a word a line; lines of `;` are remarks.
    public mutating func readList(_ bytes: [UInt8], place: Int, valence: Double) {
        for line in bytes.split(separator: 0x0A) where line.first != 0x3B {
            add(line.filter { $0 != 0x0D }, valence, place)
        }
    }

    /// Reads lines of `emoji⇥name` and gives the emoji what its name's words have in `place` already.
    public mutating func readEmojiNames(_ bytes: [UInt8], place: Int) {
        for line in bytes.split(separator: 0x0A) {
            guard let tab = line.firstIndex(of: 0x09) else { continue }
            Tokeniser.read(Array(line[(tab + 1)...]).span, into: &scratch)
            let sum = scratch.tokens.reduce(0) { $0 + Int(valences[$1.key]?.values[place] ?? 0) }
            if sum != 0 { add(Array(line[..<tab]), Double(sum) / 32, place) }
        }
    }

    /// Entries of more than one token can't be looked up by word; they are left out.
    private mutating func add(_ word: [UInt8], _ value: Double, _ place: Int) {
        Tokeniser.read(word.span, into: &scratch)
        guard scratch.tokens.count == 1, let token = scratch.tokens.first else { return }
        let rounded = Int8(max(-127, min(127, (value * 32).rounded())))
        var found = valences[token.key] ?? .none
        if found.values[place] == 0 { found.values[place] = rounded }
        valences[token.key] = found
    }
}
