/// Where the rows of a text's features are: a place a token, then the pairs and negated words.
struct Lookups: Sendable {
    /// Keys of pairs, negated words and pieces.
    var keys: [UInt64] = []
    /// Slots as the tags have it; -1 for none.
    var guesses: [Int32] = []
    /// What the slots hold.
    var marks: [UInt32] = []
    /// Slots of the rows that are there.
    var found: [Int32] = []
    /// Numbers of the tokens that are words without a row.
    var unknown: [Int32] = []

    /// Makes place for the features of so many tokens: a word, two pairs and a negated word each, and the last pair;
    /// and for the pieces of one word.
    mutating func reserve(tokens: Int) {
        let wanted = tokens * 4 + FeatureKeys.mostPieces + 2
        guard keys.count < wanted else { return }
        keys = [UInt64](repeating: 0, count: wanted * 2)
        guesses = [Int32](repeating: 0, count: wanted * 2)
        marks = [UInt32](repeating: 0, count: wanted * 2)
        found = [Int32](repeating: 0, count: wanted * 2)
        unknown = [Int32](repeating: 0, count: wanted * 2)
    }
}

/// The same as addresses, while they are written; each has room for what ``Lookups/reserve(tokens:)`` says.
private struct LookupPlaces {
    var keys: UnsafeMutableBufferPointer<UInt64>
    var guesses: UnsafeMutableBufferPointer<Int32>
    var marks: UnsafeMutableBufferPointer<UInt32>
    var found: UnsafeMutableBufferPointer<Int32>
    var unknown: UnsafeMutableBufferPointer<Int32>

    /// Calls `body` with the addresses in `lookups`.
    @inline(__always)
    static func with<Result>(_ lookups: inout Lookups, _ body: (LookupPlaces) -> Result) -> Result {
        lookups.keys.withUnsafeMutableBufferPointer { keys in
            lookups.guesses.withUnsafeMutableBufferPointer { guesses in
                lookups.marks.withUnsafeMutableBufferPointer { marks in
                    lookups.found.withUnsafeMutableBufferPointer { found in
                        lookups.unknown.withUnsafeMutableBufferPointer { unknown in
                            body(
                                LookupPlaces(
                                    keys: keys,
                                    guesses: guesses,
                                    marks: marks,
                                    found: found,
                                    unknown: unknown
                                )
                            )
                        }
                    }
                }
            }
        }
    }
}

/// A table's arrays as addresses, while a text is looked up.
private struct TablePlaces {
    var slots: UnsafeBufferPointer<FeatureRow>
    var tags: UnsafeRawBufferPointer
    var filter: UnsafeBufferPointer<UInt64>
    var shift: UInt64

    @inline(__always)
    static func with<Result>(_ table: FeatureTable, _ body: (TablePlaces) -> Result) -> Result {
        let shift = UInt64(FeatureTable.filterShift(words: table.filter.count)) &+ 32
        return table.slots.withUnsafeBufferPointer { slots in
            table.tags.withUnsafeBytes { tags in
                table.filter.withUnsafeBufferPointer { filter in
                    body(TablePlaces(slots: slots, tags: tags, filter: filter, shift: shift))
                }
            }
        }
    }
}

extension Model {
    /// The sum of the rows of a text; valences go to `dense`.
    ///
    /// In passes, so that the table's cache misses overlap: keys that the filter lets through; their slots, guessed by
    /// tags; the slots, touched; what is there; its sum.
    func sum(_ scratch: inout ClassifierScratch, _ dense: inout DenseFeatures) -> LaneSums {
        scratch.lookups.reserve(tokens: scratch.text.tokenCount)
        // Taken out, so that it is written in place.
        var lookups = Lookups()
        swap(&lookups, &scratch.lookups)
        defer { swap(&lookups, &scratch.lookups) }
        let known = TablePlaces.with(table) { table in
            LookupPlaces.with(&lookups) { places in
                scratch.text.slots.withUnsafeBufferPointer { slots in
                    let tokens = UnsafeBufferPointer(rebasing: slots[0..<scratch.text.tokenCount])
                    let end = Self.guess(tokens, places, table)
                    return find(tokens, end, scratch.text.spelling.span, places, table, &dense)
                }
            }
        }
        scratch.knownWords = known.words
        return known.lanes
    }

    /// Writes the guessed slots of words, a place a token, then those of pairs and negated words that have one; says
    /// where these end.
    @inline(__always)
    private static func guess(_ tokens: UnsafeBufferPointer<Token>, _ places: LookupPlaces, _ table: TablePlaces) -> Int
    {
        let keys = places.keys
        let guesses = places.guesses
        for index in 0..<tokens.count { guesses[index] = FeatureTable.guess(tokens[index].key, table.tags) }
        var end = tokens.count
        var reach = 0
        var previous = FeatureKeys.edge
        var starts = false
        for index in 0..<tokens.count {
            let key = tokens[index].key
            // Most pairs are not there: written over by the next, without a branch.
            let pair = FeatureKeys.pair(previous, key)
            keys[end] = pair
            end &+= FeatureTable.mayHold(pair, table.filter, table.shift)
            previous = key
            if starts {
                let pair = FeatureKeys.pair(FeatureKeys.edge, key)
                keys[end] = pair
                end &+= FeatureTable.mayHold(pair, table.filter, table.shift)
            }
            starts = tokens[index].startsSentence
            if tokens[index].endsClause { reach = 0 }
            if reach > 0 {
                let negated = FeatureKeys.negated(key)
                keys[end] = negated
                end &+= FeatureTable.mayHold(negated, table.filter, table.shift)
                reach &-= 1
            }
            if tokens[index].negates { reach = FeatureKeys.negationReach }
        }
        let pair = FeatureKeys.pair(previous, FeatureKeys.edge)
        keys[end] = pair
        end &+= FeatureTable.mayHold(pair, table.filter, table.shift)
        end = narrow(from: tokens.count, to: end, places, table)
        touch(from: 0, to: end, places, table)
        return end
    }

    /// Guesses the slots of keys and leaves out those that have none; says where the rest end.
    @inline(__always)
    private static func narrow(from start: Int, to end: Int, _ places: LookupPlaces, _ table: TablePlaces) -> Int {
        var kept = start
        for index in start..<end {
            let key = places.keys[index]
            let slot = FeatureTable.guess(key, table.tags)
            places.keys[kept] = key
            places.guesses[kept] = slot
            kept &+= slot >= 0 ? 1 : 0
        }
        return kept
    }

    /// Loads that nothing waits for, in a loop so small that many are on their way at a time.
    @inline(__always)
    private static func touch(from start: Int, to end: Int, _ places: LookupPlaces, _ table: TablePlaces) {
        for index in start..<end { places.marks[index] = table.slots[max(0, Int(places.guesses[index]))].mark }
    }

    /// Adds up the rows that the guesses lead to.
    @inline(__always)
    private func find(
        _ tokens: UnsafeBufferPointer<Token>,
        _ end: Int,
        _ spelling: Span<UInt8>,
        _ places: LookupPlaces,
        _ table: TablePlaces,
        _ dense: inout DenseFeatures
    ) -> (lanes: LaneSums, words: Int32) {
        var rows = 0
        var unknown = 0
        var words: Int32 = 0
        var reach = 0
        for index in 0..<tokens.count {
            let isWord = tokens[index].kind == .word
            if tokens[index].endsClause {
                reach = 0
                if isWord { dense.contrast() }
            }
            var slot = Int(places.guesses[index])
            if slot >= 0, places.marks[index] != FeatureRow.mark(of: tokens[index].key) {
                slot = self.table.slot(for: tokens[index].key)
            }
            if slot >= 0 {
                places.found[rows] = Int32(truncatingIfNeeded: slot)
                rows &+= 1
                words &+= isWord ? 1 : 0
                if table.slots[slot].hasValences { dense.add(table.slots[slot].valences, negated: reach > 0) }
            } else if isWord {
                places.unknown[unknown] = Int32(truncatingIfNeeded: index)
                unknown &+= 1
            }
            if reach > 0 { reach &-= 1 }
            if tokens[index].negates { reach = FeatureKeys.negationReach }
        }
        rows = settle(from: tokens.count, to: end, rows, places)
        var lanes = LaneSums()
        lanes.add(table.slots, UnsafeBufferPointer(rebasing: places.found[0..<rows]))
        for place in 0..<unknown {
            let token = tokens[Int(places.unknown[place])]
            addPieces(of: token, in: spelling, to: &lanes, places, table)
        }
        return (lanes, words)
    }

    /// Appends the slots of keys that are there to the `rows` found; says how many there are then.
    @inline(__always)
    private func settle(from start: Int, to end: Int, _ rows: Int, _ places: LookupPlaces) -> Int {
        var rows = rows
        for index in start..<end {
            var slot = Int(places.guesses[index])
            if places.marks[index] != FeatureRow.mark(of: places.keys[index]) {
                slot = table.slot(for: places.keys[index])
            }
            places.found[rows] = Int32(truncatingIfNeeded: slot)
            rows &+= slot >= 0 ? 1 : 0
        }
        return rows
    }

    @inline(never)
    private func addPieces(
        of token: Token,
        in spelling: Span<UInt8>,
        to sums: inout LaneSums,
        _ places: LookupPlaces,
        _ table: TablePlaces
    ) {
        let word = spelling.extracting(Int(token.start)..<Int(token.start + token.length))
        var end = 0
        FeatureKeys.forEachPieceByEnd(of: word) { key in
            places.keys[end] = key
            end &+= FeatureTable.mayHold(key, table.filter, table.shift)
        }
        end = Self.narrow(from: 0, to: end, places, table)
        Self.touch(from: 0, to: end, places, table)
        let rows = settle(from: 0, to: end, 0, places)
        var pieces = LaneSums()
        pieces.add(table.slots, UnsafeBufferPointer(rebasing: places.found[0..<rows]))
        sums.add(pieces, times: pieceFactors[min(FeatureKeys.pieceCount(word.count), 96)])
    }

    /// Adds what the pieces of a word say, for people.
    func addPieces(of token: Token, in spelling: Span<UInt8>, to sums: inout LaneSums) {
        var lookups = Lookups()
        lookups.reserve(tokens: 0)
        TablePlaces.with(table) { table in
            LookupPlaces.with(&lookups) { addPieces(of: token, in: spelling, to: &sums, $0, table) }
        }
    }
}
