internal import Fingerprinting

/// All terms as a trie whose edges are whole tokens, held in one open-addressing hash table: a step costs one probe
/// or two, whatever the number of terms.
struct TermTrie: Sendable {
    /// Where a term ends, and whether terms go on.
    struct Node: Sendable {
        /// First index of its outputs.
        var firstOutput: UInt32 = 0
        var outputCount: UInt32 = 0
        var hasChildren = false
    }

    private struct Slot: Sendable {
        var key = WordKey()
        /// Parent node × 2, plus 1 where white space stands before the token.
        var edge: UInt32 = 0
        /// 0, the root, is nobody's child: an empty slot.
        var child: UInt32 = 0
    }

    static let root: UInt32 = 0

    private(set) var nodes: [Node] = [Node()]
    /// What the terms stand for, grouped by node.
    private(set) var outputs: [UInt32] = []
    private var slots: [Slot] = []
    private var mask = 0
    /// One bit for each first token, by its hash, at one in sixteen: small enough for the nearest cache, it spares
    /// most words of a text the look into the table.
    private var filter: [UInt64] = []
    private var filterMask: UInt64 = 0

    /// Builds the trie. Terms without a token are left out.
    init(_ terms: [(term: String, output: UInt32)]) {
        slots = [Slot](repeating: Slot(), count: 64)
        mask = 63
        var ends: [(node: UInt32, output: UInt32)] = []
        for (term, output) in terms {
            var node = Self.root
            var reader = TokenReader()
            let bytes = Array(term.utf8)
            while let token = reader.next(in: bytes.span) {
                node = childOrNew(of: node, for: token)
            }
            if node != Self.root { ends.append((node, output)) }
        }
        buildFilter()
        ends.sort { ($0.node, $0.output) < ($1.node, $1.output) }
        for (node, output) in ends {
            let index = Int(node)
            if nodes[index].outputCount == 0 {
                nodes[index].firstOutput = UInt32(truncatingIfNeeded: outputs.count)
            } else if outputs.last == output {
                continue
            }
            outputs.append(output)
            nodes[index].outputCount += 1
        }
    }

    /// Bytes held.
    var memory: Int {
        nodes.capacity * MemoryLayout<Node>.stride + outputs.capacity * MemoryLayout<UInt32>.stride
            + slots.capacity * MemoryLayout<Slot>.stride + filter.capacity * MemoryLayout<UInt64>.stride
    }

    /// The node that a term's first token leads to; nil where no term begins with it.
    func firstNode(for token: Token) -> UInt32? {
        let hash = token.key.mixed()
        let bit = hash >> 32 & filterMask
        guard filter[Int(truncatingIfNeeded: bit >> 6)] >> (bit & 63) & 1 == 1 else { return nil }
        return child(edge: 0, token.key, hash: hash)
    }

    /// The node that a token leads to; nil where no term goes on with it.
    func child(of node: UInt32, for token: Token) -> UInt32? {
        let edge = Self.edge(node, token)
        return child(edge: edge, token.key, hash: token.key.mixed(salt: UInt64(edge)))
    }

    private func child(edge: UInt32, _ key: WordKey, hash: UInt64) -> UInt32? {
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].child != 0 {
            if slots[index].edge == edge && slots[index].key == key { return slots[index].child }
            index = (index + 1) & mask
        }
        return nil
    }

    private mutating func buildFilter() {
        let roots = slots.count { $0.child != 0 && $0.edge == 0 }
        var words = 1
        while words * 64 < roots * 16 { words *= 2 }
        filter = [UInt64](repeating: 0, count: words)
        filterMask = UInt64(words * 64 - 1)
        for slot in slots where slot.child != 0 && slot.edge == 0 {
            let bit = slot.key.mixed() >> 32 & filterMask
            filter[Int(truncatingIfNeeded: bit >> 6)] |= 1 << (bit & 63)
        }
    }

    /// The first token of a term may stand anywhere, so white space before it is no part of its edge.
    private static func edge(_ node: UInt32, _ token: Token) -> UInt32 {
        node << 1 | (node != root && token.followsSpace ? 1 : 0)
    }

    private mutating func childOrNew(of node: UInt32, for token: Token) -> UInt32 {
        if let child = child(of: node, for: token) { return child }
        if nodes.count * 2 > slots.count { grow() }
        let child = UInt32(truncatingIfNeeded: nodes.count)
        nodes.append(Node())
        nodes[Int(node)].hasChildren = true
        insert(Slot(key: token.key, edge: Self.edge(node, token), child: child))
        return child
    }

    private mutating func insert(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.key.mixed(salt: UInt64(slot.edge))) & mask
        while slots[index].child != 0 { index = (index + 1) & mask }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        mask = slots.count - 1
        for slot in old where slot.child != 0 { insert(slot) }
    }
}
