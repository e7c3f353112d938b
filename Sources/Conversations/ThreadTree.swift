public import MentionModel

/// One thread as a tree, whatever its data claims: no mention comes twice, and cycles end.
public enum ThreadTree {
    /// A mention that was found under another.
    public struct Edge: Sendable, Hashable {
        /// What is pointed at.
        public var parent: Int64
        /// How.
        public var kind: ThreadKind
        /// What points.
        public var child: Int64
        /// When the child was published.
        public var at: Timestamp

        /// Makes an edge.
        public init(parent: Int64, kind: ThreadKind, child: Int64, at: Timestamp) {
            self.parent = parent
            self.kind = kind
            self.child = child
            self.at = at
        }
    }

    /// A mention in its place.
    public struct Line: Sendable, Equatable {
        /// The mention's number.
        public var mention: Int64
        /// Steps from the root.
        public var depth: Int
        /// What it hangs on; nil of the root.
        public var parent: Int64?
        /// How; nil of the root.
        public var kind: ThreadKind?
    }

    /// The tree below `root`, each mention before those that hang on it, and those by time.
    ///
    /// `edges` are in the order in which they were found from the root on: the parent of each is the root, or the child
    /// of an earlier one. A mention with several hangs on what it answers, else on what it passes on, else on the one
    /// that began the conversation. O(n log n).
    public static func lines(root: Int64, edges: [Edge]) -> [Line] {
        var found: [Int64: Edge] = [:]
        var best: [Int64: Edge] = [:]
        var order: [Int64] = []
        for edge in edges where edge.child != root && edge.child != edge.parent {
            if found[edge.child] == nil {
                found[edge.child] = edge
                order.append(edge.child)
            }
            if let other = best[edge.child], other.kind.rawValue <= edge.kind.rawValue { continue }
            best[edge.child] = edge
        }
        // Mentions that answer each other in a circle hang on what they were found by instead.
        var reached: Set<Int64> = [root]
        for mention in order where !reached.contains(mention) {
            var path: [Int64] = []
            var walked: Set<Int64> = []
            var place = mention
            while !reached.contains(place), walked.insert(place).inserted, let up = best[place]?.parent {
                path.append(place)
                place = up
            }
            if !reached.contains(place) {
                best[mention] = found[mention]
                path = [mention]
            }
            reached.formUnion(path)
        }
        var children: [Int64: [Edge]] = [:]
        for edge in best.values { children[edge.parent, default: []].append(edge) }
        var lines = [Line(mention: root, depth: 0)]
        var open: [(edge: Edge, depth: Int)] = []
        func push(_ parent: Int64, _ depth: Int) {
            let sorted = (children[parent] ?? []).sorted { ($0.at, $0.child) > ($1.at, $1.child) }
            open += sorted.map { ($0, depth) }
        }
        push(root, 1)
        while let (edge, depth) = open.popLast() {
            lines.append(Line(mention: edge.child, depth: depth, parent: edge.parent, kind: edge.kind))
            push(edge.child, depth + 1)
        }
        return lines
    }
}
