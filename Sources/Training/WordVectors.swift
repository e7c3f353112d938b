/// Word vectors by skip-gram with negative sampling (Mikolov and others 2013), in a fixed order: one thread a call, the
/// same numbers from the same texts and seed.
public struct WordVectors: Sendable {
    /// Numbers a word has.
    public static let width = 64
    /// Blocks of eight numbers that a word has.
    public static let blocks = width / 8
    /// The vectors, ``blocks`` places a word; their mean square length is 1.
    public private(set) var rows: [SIMD8<Float>]

    /// How to learn.
    public struct Settings: Sendable {
        /// Times that all texts are read.
        public var epochs = 5
        /// Words to each side that are predicted, at most.
        public var window = 5
        /// Words that are not there, for each that is.
        public var negatives = 5
        /// The first step; it falls to nothing in a line.
        public var rate: Float = 0.05
        /// Words more frequent than this are sometimes left out.
        public var threshold = 1e-3

        /// The defaults.
        public init() {}
    }

    /// Learns from texts of word ids below `vocabulary`.
    public init(texts: [[Int32]], vocabulary: Int, settings: Settings, seed: UInt64) {
        var random = SplitMix(seed: seed)
        var counts = [Double](repeating: 0, count: vocabulary)
        for text in texts { for word in text { counts[Int(word)] += 1 } }
        let total = max(1, counts.reduce(0, +))
        let table = Self.samplingTable(counts)
        let keep = counts.map { count -> Float in
            guard count > 0 else { return 0 }
            let share = settings.threshold * total / count
            return Float(min(1, share.squareRoot() + share))
        }
        let sigmoid: [Float] = (0..<1024).map { 1 / (1 + Float((-(Double($0) - 511.5) / 64).exponential)) }
        var inner = [SIMD8<Float>](repeating: .zero, count: vocabulary * Self.blocks)
        for place in inner.indices {
            for lane in 0..<8 { inner[place][lane] = (random.unit() - 0.5) / Float(Self.width) }
        }
        let all = total * Double(settings.epochs)
        var done = 0.0
        var kept: [Int32] = []
        var learner = Learner(rows: inner, table: table, sigmoid: sigmoid, random: random)
        for _ in 0..<settings.epochs {
            for text in texts {
                kept.removeAll(keepingCapacity: true)
                for word in text where keep[Int(word)] >= 1 || learner.random.unit() < keep[Int(word)] {
                    kept.append(word)
                }
                done += Double(text.count)
                learner.learn(kept, rate: settings.rate * Float(max(1e-4, 1 - done / all)), settings)
            }
        }
        rows = Self.normalised(learner.inner, counts)
    }

    /// Vectors so scaled that their mean square length is 1; words that were not seen have none.
    private static func normalised(_ learned: [SIMD8<Float>], _ counts: [Double]) -> [SIMD8<Float>] {
        var rows = learned
        var square = 0.0
        var seen = 0.0
        for (word, count) in counts.enumerated() {
            for place in (word * blocks)..<((word + 1) * blocks) {
                if count == 0 { rows[place] = .zero }
                square += Double((rows[place] * rows[place]).sum())
            }
            if count > 0 { seen += 1 }
        }
        let scale = Float((seen / max(1e-9, square)).squareRoot())
        return rows.map { $0 * scale }
    }

    /// The two tables that are learned.
    private struct Learner {
        var inner: [SIMD8<Float>]
        var outer: [SIMD8<Float>]
        var random: SplitMix
        let table: [Int32]
        let sigmoid: [Float]

        init(rows: [SIMD8<Float>], table: [Int32], sigmoid: [Float], random: SplitMix) {
            inner = rows
            outer = [SIMD8<Float>](repeating: .zero, count: rows.count)
            self.table = table
            self.sigmoid = sigmoid
            self.random = random
        }

        mutating func learn(_ text: [Int32], rate: Float, _ settings: Settings) {
            var random = random
            let (table, sigmoid) = (table, sigmoid)
            var (inner, outer) = (self.inner, self.outer)
            // Taken out, so that they are written in place.
            (self.inner, self.outer) = ([], [])
            inner.withUnsafeMutableBufferPointer { inner in
                outer.withUnsafeMutableBufferPointer { outer in
                    for centre in text.indices {
                        let reach = 1 + Int(random.next() % UInt64(settings.window))
                        for place in max(0, centre - reach)..<min(text.count, centre + reach + 1) where place != centre
                        {
                            Self.pair(
                                (Int(text[centre]), Int(text[place])),
                                rate,
                                settings.negatives,
                                &random,
                                (table, sigmoid),
                                inner,
                                outer
                            )
                        }
                    }
                }
            }
            self.random = random
            (self.inner, self.outer) = (inner, outer)
        }

        @inline(__always)
        private static func pair(
            _ words: (centre: Int, context: Int),
            _ rate: Float,
            _ negatives: Int,
            _ random: inout SplitMix,
            _ tables: (sampling: [Int32], sigmoid: [Float]),
            _ inner: UnsafeMutableBufferPointer<SIMD8<Float>>,
            _ outer: UnsafeMutableBufferPointer<SIMD8<Float>>
        ) {
            let own = words.centre * WordVectors.blocks
            withUnsafeTemporaryAllocation(of: SIMD8<Float>.self, capacity: WordVectors.blocks) { change in
                for block in 0..<WordVectors.blocks { change[block] = .zero }
                for sample in 0...negatives {
                    let target =
                        sample == 0
                        ? words.context
                        : Int(tables.sampling[Int(truncatingIfNeeded: random.next() & WordVectors.tableMask)])
                    if sample > 0, target == words.context { continue }
                    let other = target * WordVectors.blocks
                    var sum = SIMD8<Float>.zero
                    for block in 0..<WordVectors.blocks { sum += inner[own + block] * outer[other + block] }
                    let at = Int(max(0, min(1023, sum.sum() * 64 + 512)))
                    let step = SIMD8<Float>(repeating: ((sample == 0 ? 1 : 0) - tables.sigmoid[at]) * rate)
                    for block in 0..<WordVectors.blocks {
                        change[block] += outer[other + block] * step
                        outer[other + block] += inner[own + block] * step
                    }
                }
                for block in 0..<WordVectors.blocks { inner[own + block] += change[block] }
            }
        }
    }

    private static let tableMask: UInt64 = (1 << 21) - 1

    private static func samplingTable(_ counts: [Double]) -> [Int32] {
        let weights = counts.map { ($0.squareRoot() * $0.squareRoot().squareRoot()) }
        let sum = max(weights.reduce(0, +), 1e-9)
        let size = Int(tableMask) + 1
        var table: [Int32] = []
        table.reserveCapacity(size)
        var reached = 0.0
        for (word, weight) in weights.enumerated() {
            reached += weight / sum
            while table.count < size, (Double(table.count) + 0.5) / Double(size) < reached { table.append(Int32(word)) }
        }
        while table.count < size { table.append(table.last ?? 0) }
        return table
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The same numbers from the same seed.
    public init(seed: UInt64) { state = seed }

    /// 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// From 0 up to 1.
    mutating func unit() -> Float { Float(next() >> 40) / Float(1 << 24) }

    /// The numbers below `count` in an order that follows from `seed`.
    public static func permutation(_ count: Int, seed: UInt64) -> [Int] {
        var random = SplitMix(seed: seed)
        return random.permutation(count)
    }

    /// The numbers below `count` in some order.
    public mutating func permutation(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for index in order.indices.dropFirst() {
            let other = Int(next() % UInt64(index + 1))
            order.swapAt(index, other)
        }
        return order
    }
}

extension Double {
    /// exp(self), by halving and a series, so that training needs no C library.
    var exponential: Double {
        guard self < 700 else { return .infinity }
        guard self > -700 else { return 0 }
        let part = self / 1024
        var sum = 1.0
        var term = 1.0
        for index in 1...12 {
            term *= part / Double(index)
            sum += term
        }
        for _ in 0..<10 { sum *= sum }
        return sum
    }
}

extension WordVectors {
    /// Takes vectors that were learned before.
    public init(rows: [SIMD8<Float>]) { self.rows = rows }
}
