/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Four to nine small letters: no mark, no handle.
    mutating func word() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzéж")
        var word = "x"
        for _ in 0..<Int.random(in: 3...8, using: &self) { word.append(letters[Int.random(in: 0..<28, using: &self)]) }
        return word
    }
}

/// Words drawn with a frequency of 1 / rank; as in life the frequent ones are short.
struct ZipfVocabulary {
    private var words: [String] = []
    private var sums: [Double] = []

    init(count: Int, generator: inout SeededGenerator) {
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / Double(rank)
            sums.append(sum)
            let word = generator.word()
            words.append(rank <= 60 ? String(word.prefix(3)) : word)
        }
    }

    func pick(_ generator: inout SeededGenerator) -> String {
        let target = Double.random(in: 0..<(sums.last ?? 1), using: &generator)
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] <= target { low = middle + 1 } else { high = middle }
        }
        return words[low]
    }
}
