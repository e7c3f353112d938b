/// What lexicons say of one word: valences, −127 … 127.
@frozen
public struct Valences: Sendable, Equatable {
    /// By each lexicon of the model.
    public var values: SIMD4<Int8>

    /// No lexicon knows the word.
    public static let none = Valences(values: .zero)

    /// Makes valences; the fourth is not used.
    public init(values: SIMD4<Int8>) { self.values = values }
}

/// Sums up what is not counted by word: lexicon valences and counts of marks. All integers.
public struct DenseFeatures: Sendable {
    /// How many lexicons there are.
    public static let lexicons = 3
    /// How many numbers come out.
    public static let count = 6 * lexicons + 20
    /// What 1 is in the numbers that come out.
    public static let one: Int32 = 256

    private var positive = SIMD4<Int32>.zero
    private var negative = SIMD4<Int32>.zero
    private var last = SIMD4<Int32>.zero

    /// Nothing summed yet.
    public init() {}

    /// Adds a word.
    @inline(__always)
    public mutating func add(_ valences: Valences, negated: Bool) {
        var values = SIMD4<Int32>(truncatingIfNeeded: valences.values)
        // A negated word counts the other way round, and less: "not good" is milder than "bad".
        if negated { values = (0 &- values &* 3) / 4 }
        positive &+= pointwiseMax(values, .zero)
        negative &+= pointwiseMax(0 &- values, .zero)
        last.replace(with: values, where: values .!= .zero)
    }

    /// What stood before a "but" counts half.
    @inline(__always)
    public mutating func contrast() {
        positive = positive / 2
        negative = negative / 2
    }

    private func write(
        _ counts: TextCounts,
        tokens: Int,
        firstIsHandle: Bool,
        lastIsQuestion: Bool,
        to output: UnsafeMutableBufferPointer<Int32>
    ) {
        var at = 0
        // All are bounded, so that no arithmetic overflows.
        @inline(__always)
        func put(_ value: Int32) {
            output[at] = value
            at &+= 1
        }
        for lexicon in 0..<Self.lexicons {
            // Valences are in units of 1/32: eight more bits would be 1/8192.
            let plus = min(positive[lexicon], 32 * 32)
            let minus = min(negative[lexicon], 32 * 32)
            put(plus &* 2)
            put(minus &* 2)
            put(Self.root(plus &* 2048))
            put(Self.root(minus &* 2048))
            put(last[lexicon] * 8)
            put((plus &- minus) &* 256 / (plus &+ minus &+ 16))
        }
        let one = Self.one
        put(min(counts.shouted, 4) &* (one / 2))
        put(counts.shouted >= 3 ? one : 0)
        put(min(counts.stretched, 3) &* one)
        put(counts.exclamations > 0 ? one : 0)
        put(min(counts.exclamations, 5) &* (one / 3))
        put(counts.questions > 0 ? one : 0)
        put(min(counts.questions, 5) &* (one / 3))
        put(counts.handles > 0 ? one : 0)
        put(firstIsHandle ? one : 0)
        put(counts.links > 0 ? one : 0)
        put(min(counts.hashtags, 12) &* (one / 3))
        put(min(counts.numbers, 16) &* (one / 4))
        put(min(counts.longNumbers, 3) &* one)
        put(lastIsQuestion ? one : 0)
        put(counts.words == 0 ? one : 0)
        put(Self.root(Int32(truncatingIfNeeded: min(tokens, 4096)) &* 1024))
        put(tokens <= 4 ? one : 0)
        put(tokens > 40 ? one : 0)
        put(counts.foreignLetters > 0 ? one : 0)
        put(min(counts.handles, 8) &* (one / 4))
    }

    /// The numbers of a text whose words were added.
    public func numbers(of text: TextScratch) -> [Int32] {
        var output = [Int32](repeating: 0, count: Self.count)
        write(text, to: &output)
        return output
    }

    /// Writes the numbers of a text whose words were added to the first ``count`` places of `output`.
    func write(_ text: borrowing TextScratch, to output: inout [Int32]) {
        guard output.count >= Self.count else { return }
        let firstIsHandle = text.tokenCount > 0 && text.slots[0].kind == .handle
        let lastIsQuestion = Self.endsInQuestion(text.slots.span, text.tokenCount)
        output.withUnsafeMutableBufferPointer { output in
            write(
                text.counts,
                tokens: text.tokenCount,
                firstIsHandle: firstIsHandle,
                lastIsQuestion: lastIsQuestion,
                to: output
            )
        }
    }

    /// Whether a question mark is the last that was written, but for links, hashtags, handles and symbols.
    private static func endsInQuestion(_ tokens: Span<Token>, _ count: Int) -> Bool {
        var index = count - 1
        while index >= 0 {
            switch tokens[index].kind {
            case .link, .hashtag, .handle, .symbol, .emoticon: index -= 1
            case .mark: return tokens[index].key == question || tokens[index].key == questions
            default: return false
            }
        }
        return false
    }

    // The keys of "?" and "??"; numbers, since a computed constant costs a look each time.
    static let question: UInt64 = 0x0074_F026_37B1_D34F
    static let questions: UInt64 = 0x01B4_1702_3FA7_0EBB

    /// The integer square root; 0 for what is not above 0.
    @inline(__always)
    public static func root(_ value: Int32) -> Int32 {
        // Exact, and the same on every machine: IEEE 754 rounds a root to the nearest number, and the root of one less
        // than a square of 31 bits is further from that square's root than its neighbours are.
        Int32(truncatingIfNeeded: Int64(Double(max(0, value)).squareRoot()))
    }
}
