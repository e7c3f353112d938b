internal import Fingerprinting

/// Finds the brands that a text speaks of, in one pass whatever the number of terms.
///
/// A term matches as a whole: no letter, digit, mark or `_` may touch it on either side (`Delta` is in "#delta",
/// "@Delta", "delta's" and "(DELTA)", not in "deltas"). Case is folded (`CaseFolding`). White space in a term stands
/// for any run of white space; where a term has none, the text must have none ("AT&T" is not "at & t"). Invisible
/// characters count for nothing. Scripts that are written without spaces have no word bounds: their terms match
/// anywhere. Overlapping terms all count. An excluded term vetoes its own brand only, wherever it stands.
///
/// Immutable: a new version is a new matcher.
public final class BrandMatcher: Sendable {
    /// The version of the brand table that it was built from.
    public let version: Int64

    /// The brands' numbers, ascending, without repeats.
    private let numbers: [Int32]
    /// Outputs are brand index × 2, plus 1 for an excluded term.
    private let trie: TermTrie

    /// Builds a matcher; linear in the bytes of all terms. Definitions of one number count as one brand; a term
    /// without a visible character is left out.
    public init(_ brands: [BrandDefinition], version: Int64) {
        self.version = version
        let numbers = Set(brands.map(\.number)).sorted()
        var places: [Int32: UInt32] = [:]
        for (index, number) in numbers.enumerated() { places[number] = UInt32(truncatingIfNeeded: index) }
        var terms: [(term: String, output: UInt32)] = []
        for brand in brands {
            guard let index = places[brand.number] else { continue }
            let found = index << 1
            terms.append((brand.name, found))
            for alias in brand.aliases { terms.append((alias, found)) }
            for handle in brand.handles {
                let name = handle.drop { $0 == "@" || $0.isWhitespace }
                if !name.isEmpty { terms.append(("@" + name, found)) }
            }
            for term in brand.excluded { terms.append((term, found | 1)) }
        }
        self.numbers = numbers
        trie = TermTrie(terms)
    }

    /// About how many bytes the matcher holds.
    public var memory: Int { trie.memory + numbers.capacity * MemoryLayout<Int32>.stride }

    /// Appends the numbers of the brands that the text or the title speaks of, ascending, without repeats.
    ///
    /// Linear in the text; allocates nothing once `scratch` and `found` are warm (up to 64 brands in one text).
    public func match(
        _ text: Span<UInt8>,
        title: Span<UInt8>?,
        scratch: inout MatchScratch,
        into found: inout [Int32]
    ) {
        scratch.begin(outputs: numbers.count * 2)
        if let title { scan(title, &scratch) }
        scan(text, &scratch)
        guard !scratch.hits.isEmpty else { return }
        scratch.hits.sort()
        for index in scratch.hits {
            let place = Int(index)
            if scratch.seen[place << 1 | 1] != scratch.round { found.append(numbers[place]) }
        }
    }

    private func scan(_ text: Span<UInt8>, _ scratch: inout MatchScratch) {
        var reader = TokenReader()
        var previous = Token.Kind.sign
        while let token = reader.next(in: text) {
            if !scratch.waiting.isEmpty { settle(&scratch, touched: token.kind == .word && !token.followsSpace) }
            if !scratch.active.isEmpty { advance(&scratch, with: token) }
            // A term that begins with a sign must not begin right after a word: no handle inside an e-mail address.
            let mayBegin = token.kind != .sign || token.followsSpace || previous != .word
            if mayBegin, let node = trie.firstNode(for: token), report(endOf: node, token, &scratch) {
                scratch.active.append(node)
            }
            previous = token.kind
        }
        settle(&scratch, touched: false)
        scratch.active.removeAll(keepingCapacity: true)
    }

    private func advance(_ scratch: inout MatchScratch, with token: Token) {
        // Each node leads to one node at most, so the next list is never longer and takes the place of this one.
        let count = scratch.active.count
        var kept = 0
        for index in 0..<count {
            guard let node = trie.child(of: scratch.active[index], for: token) else { continue }
            if report(endOf: node, token, &scratch) {
                scratch.active[kept] = node
                kept += 1
            }
        }
        scratch.active.removeLast(count - kept)
    }

    /// Takes note of a term that ends here; returns whether terms go on.
    private func report(endOf node: UInt32, _ token: Token, _ scratch: inout MatchScratch) -> Bool {
        let state = trie.nodes[Int(node)]
        if state.outputCount > 0 {
            if token.kind == .sign {
                scratch.waiting.append(node)
            } else {
                report(state, &scratch)
            }
        }
        return state.hasChildren
    }

    private func settle(_ scratch: inout MatchScratch, touched: Bool) {
        if !touched {
            for node in scratch.waiting { report(trie.nodes[Int(node)], &scratch) }
        }
        scratch.waiting.removeAll(keepingCapacity: true)
    }

    private func report(_ node: TermTrie.Node, _ scratch: inout MatchScratch) {
        let first = Int(node.firstOutput)
        for index in first..<first + Int(node.outputCount) {
            let output = trie.outputs[index]
            let place = Int(output)
            if scratch.seen[place] == scratch.round { continue }
            scratch.seen[place] = scratch.round
            if output & 1 == 0 { scratch.hits.append(output >> 1) }
        }
    }
}
