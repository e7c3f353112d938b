import Testing

@testable import Classification

@Suite struct FeatureTableTests {
    /// What a guess by tags and a look at the row say must be what the search says, in a table as full as it may be.
    @Test func guessesSettleToWhatIsThere() {
        var random = SeededGenerator(seed: 5)
        var table = FeatureTable(bits: 12)
        var known: [UInt64] = []
        while known.count < 3_584 {
            let key = UInt64.random(in: 0 ... .max, using: &random)
            let row = FeatureRow(key: key, lanes: [Int8(truncatingIfNeeded: known.count)], valences: .none)
            if table.insert(row, for: key) { known.append(key) }
        }
        let isOneMore = table.insert(FeatureRow(key: 1, lanes: [], valences: .none), for: 1)
        #expect(!isOneMore)
        let tags = table.tags.span
        let slots = table.slots.span
        var missed = 0
        for key in known {
            let guess = table.tags.withUnsafeBytes { FeatureTable.guess(key, $0) }
            let slot = guess < 0 ? -1 : FeatureTable.settle(guess, key, tags, slots)
            if slot < 0 || slots[slot] != table.row(for: key) { missed += 1 }
        }
        for _ in 0..<3_000 {
            let key = UInt64.random(in: 0 ... .max, using: &random)
            let guess = table.tags.withUnsafeBytes { FeatureTable.guess(key, $0) }
            let slot = guess < 0 ? -1 : FeatureTable.settle(guess, key, tags, slots)
            if (slot >= 0) != (table.row(for: key) != nil) { missed += 1 }
        }
        #expect(missed == 0)
    }

    /// Sums are carried over to wider numbers in time, and lanes stay apart.
    @Test(arguments: [1, 2, 255, 256, 257, 1_000])
    func lanesAddUp(rows: Int) {
        let lanes = (0..<Head.laneCount).map { Int8(truncatingIfNeeded: $0 % 2 == 0 ? 127 - $0 : $0 - 128) }
        var sums = LaneSums()
        let slots = [FeatureRow.empty, FeatureRow(key: 7, lanes: lanes, valences: .none)]
        let found = [Int32](repeating: 1, count: rows)
        slots.withUnsafeBufferPointer { slots in
            found.withUnsafeBufferPointer { sums.add(slots, $0) }
        }
        let total = sums.total()
        for lane in 0..<Head.laneCount { #expect(total[lane] == Int32(lanes[lane]) * Int32(rows)) }
        let once = sums
        sums.add(once, times: 512)
        #expect(sums.total()[3] == 3 * total[3])
    }

    /// The filter lets through every key that is there, and few others.
    @Test func theFilterLosesNothing() {
        var random = SeededGenerator(seed: 6)
        var table = FeatureTable(bits: 12)
        var known: [UInt64] = []
        while known.count < 2_000 {
            let key = UInt64.random(in: 0 ... .max, using: &random)
            if table.insert(FeatureRow(key: key, lanes: [], valences: .none), for: key) { known.append(key) }
        }
        let shift = UInt64(FeatureTable.filterShift(words: table.filter.count)) + 32
        let others = (0..<2_000).map { _ in UInt64.random(in: 0 ... .max, using: &random) }
        table.filter.withUnsafeBufferPointer { filter in
            #expect(known.allSatisfy { FeatureTable.mayHold($0, filter, shift) == 1 })
            #expect(others.count { FeatureTable.mayHold($0, filter, shift) == 1 } < 400)
        }
    }

    /// Both orders give the same pieces.
    @Test(arguments: ["", "a", "ab", "abc", "abcd", "abcdef", "pneumonoultramicroscopicsilico"])
    func piecesByEnd(word: String) {
        let bytes = Array(word.utf8)
        var first: [UInt64] = []
        var second: [UInt64] = []
        FeatureKeys.forEachPiece(of: bytes.span) { first.append($0) }
        FeatureKeys.forEachPieceByEnd(of: bytes.span) { second.append($0) }
        #expect(first.sorted() == second.sorted())
        #expect(first.count <= FeatureKeys.mostPieces)
    }

    /// Keys that are written down as numbers.
    @Test func constants() {
        #expect(DenseFeatures.question == TokenHash.of("?".utf8))
        #expect(DenseFeatures.questions == TokenHash.of("??".utf8))
        #expect(PhraseGrammar.please == TokenHash.of("please".utf8))
        #expect(PhraseGrammar.apostrophe == TokenHash.of("'".utf8))
        for head in Head.allCases {
            #expect(Head.firstLanes[head.index] == head.lanes.lowerBound)
            #expect(Head.firstLanes[head.index + 1] == head.lanes.upperBound)
        }
        #expect(Head.count == Head.allCases.count)
    }

    /// A spelling is written into memory that is kept: letters that fold into longer or shorter ones, in long texts.
    @Test func longAndFoldedWords() {
        var scratch = TextScratch()
        for (letter, folded) in [("é", "e"), ("ß", "ß"), ("Ω", "ω"), ("ｋ", "k"), ("𝐤", "k"), ("x", "x")] {
            let count = 700
            let word = (0..<count).map { $0 % 2 == 0 ? letter : "q" }.joined()
            let bytes = Array("#\(word) \(word) end".utf8)
            TextReader.read(bytes.span, into: &scratch)
            let wanted = (0..<count).map { $0 % 2 == 0 ? folded : "q" }.joined()
            #expect(scratch.spelling(of: scratch.tokens[scratch.tokens.count - 2]) == wanted)
            #expect(scratch.tokens.last.map { scratch.spelling(of: $0) } == "end")
        }
    }

    @Test(arguments: [("plain text, 100 %", false), ("a & b", true), ("back\\slash", true), ("", false)])
    func escapesAreSeen(text: String, expected: Bool) {
        let bytes = Array(text.utf8)
        #expect(EscapeResolver.isNeeded(for: bytes.span) == expected)
    }
}
