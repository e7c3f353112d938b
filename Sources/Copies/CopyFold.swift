internal import MentionModel

/// The algebra of copies for one batch: which mentions are one cluster, which of them is the canonical, and what has to
/// be written for it.
///
/// A graph of spans: two are joined when their texts are near and the window reaches from one to the other. Since each
/// mention of a span has a neighbour within the window, that is so exactly if some mention of the one lies within the
/// window of some mention of the other. Clusters are the connected components. The canonical of what has merged is the
/// least of the canonicals. So the outcome depends on the set of mentions and pairs alone, in whatever order and batches
/// they come; and a mention that is canonical after a batch was canonical or alone before, or came in it: nothing is ever
/// promoted.
///
/// The order of calls: bring in what is known of the texts touched (``insert(_:)-swift.method``), then mentions
/// (``arrive(_:isStored:)``) and pairs (``near(_:_:)``), then the clusters that are named (``namedClusters``), then
/// ``join()``, ``needs()`` and ``settle(keys:numbers:)``.
public struct CopyFold: Sendable {
    private struct Node: Sendable {
        var span: TextSpan
        /// Whether a mention of before the batch is its only one.
        var isLone: Bool
        var isChanged: Bool
        /// The node that it has become part of.
        var isGone = false
        var parent: Int
        var arrivals: [Int] = []
    }

    /// What is joined, while it settles.
    private struct Group {
        var nodes: [Int] = []
        var clusters: [Cluster] = []
        var lone: [Int64] = []
        var arrivals: [Int] = []

        /// Whether it is a cluster, and not a mention alone.
        var isCluster: Bool { !clusters.isEmpty || lone.count + arrivals.count > 1 }
    }

    private let window: Int64
    private var nodes: [Node] = []
    private var nodesByText: [UInt64: [Int]] = [:]
    private var arrivals: [CopyArrival] = []
    private var pairs: [(one: UInt64, other: UInt64)] = []
    private var clusters: [Int64: Cluster] = [:]
    /// Number → the number that stands for it.
    private var standing: [Int64: Int64] = [:]
    private var groups: [Group] = []

    /// A fold of nothing. `window` in microseconds.
    public init(window: Int64) {
        self.window = max(window, 0)
    }

    // MARK: - What is known and what comes

    /// Brings in a span as it is stored.
    public mutating func insert(_ span: TextSpan) {
        nodesByText[span.textHash, default: []].append(nodes.count)
        nodes.append(Node(span: span, isLone: span.cluster == nil, isChanged: false, parent: nodes.count))
    }

    /// Brings in a cluster that stands.
    public mutating func insert(_ cluster: Cluster) {
        clusters[cluster.number] = cluster
        standing[cluster.number] = cluster.number
    }

    /// Says which cluster a number leads to.
    public mutating func insert(number: Int64, standing root: Int64) {
        standing[number] = root
    }

    /// Takes in a mention.
    ///
    /// - Parameter isStored: whether it was written as the first of its text already, as a span in slot 0 that is not
    ///   to be brought in.
    public mutating func arrive(_ arrival: CopyArrival, isStored: Bool = false) {
        let index = arrivals.count
        arrivals.append(arrival)
        let at = arrival.key.publishedAt
        var home: Int?
        for node in nodesByText[arrival.textHash] ?? [] where !nodes[node].isGone && reaches(nodes[node].span, at) {
            guard let known = home else {
                home = node
                continue
            }
            absorb(node, into: known)
        }
        if let home {
            nodes[home].arrivals.append(index)
            widen(home, at, at)
            return
        }
        let slot = isStored ? 0 : freeSlot(arrival.textHash)
        let span = TextSpan(
            textHash: arrival.textHash,
            slot: slot,
            mention: arrival.key.mention,
            cluster: nil,
            first: at,
            last: at
        )
        nodesByText[arrival.textHash, default: []].append(nodes.count)
        nodes.append(
            Node(span: span, isLone: false, isChanged: !isStored, parent: nodes.count, arrivals: [index])
        )
    }

    /// Takes in that two texts are near. Only spans that the fold knows are joined.
    public mutating func near(_ one: UInt64, _ other: UInt64) {
        if one != other { pairs.append((one, other)) }
    }

    private func freeSlot(_ textHash: UInt64) -> Int16 {
        let taken = (nodesByText[textHash] ?? []).map { nodes[$0].span.slot }
        var slot: Int16 = 0
        while taken.contains(slot), slot < .max { slot += 1 }
        return slot
    }

    private func reaches(_ span: TextSpan, _ at: Timestamp) -> Bool {
        gap(span.first, span.last, at, at) <= window
    }

    /// How far two stretches of time lie apart; 0 where they meet.
    private func gap(_ first: Timestamp, _ last: Timestamp, _ otherFirst: Timestamp, _ otherLast: Timestamp) -> Int64 {
        let (start, end) =
            last < otherFirst
            ? (last, otherFirst) : otherLast < first ? (otherLast, first) : (first, first)
        let (distance, overflow) = end.microseconds.subtractingReportingOverflow(start.microseconds)
        return overflow ? .max : distance
    }

    private mutating func widen(_ node: Int, _ first: Timestamp, _ last: Timestamp) {
        if first < nodes[node].span.first {
            nodes[node].span.first = first
            nodes[node].isChanged = true
        }
        if last > nodes[node].span.last {
            nodes[node].span.last = last
            nodes[node].isChanged = true
        }
    }

    /// A mention between two spans makes them one.
    private mutating func absorb(_ node: Int, into home: Int) {
        nodes[node].isGone = true
        widen(home, nodes[node].span.first, nodes[node].span.last)
        nodes[home].arrivals += nodes[node].arrivals
        nodes[node].arrivals = []
        unite(home, node)
    }

    // MARK: - Joining

    /// Numbers of clusters that the spans name, ascending: they have to be brought in before ``join()``.
    public var namedClusters: [Int64] { Set(nodes.compactMap(\.span.cluster)).sorted() }

    /// Joins what is near, and what is one cluster already. O(pairs and spans).
    public mutating func join() {
        for pair in pairs {
            for one in nodesByText[pair.one] ?? [] where !nodes[one].isGone {
                for other in nodesByText[pair.other] ?? [] where !nodes[other].isGone {
                    let (left, right) = (nodes[one].span, nodes[other].span)
                    if gap(left.first, left.last, right.first, right.last) <= window { unite(one, other) }
                }
            }
        }
        var first: [Int64: Int] = [:]
        for node in nodes.indices {
            guard let number = nodes[node].span.cluster, let root = standing[number] else { continue }
            if let known = first[root] { unite(known, node) } else { first[root] = node }
        }
        gather()
    }

    private mutating func gather() {
        var places: [Int: Int] = [:]
        groups = []
        for node in nodes.indices {
            let root = root(node)
            let place = places[root] ?? groups.count
            if place == groups.count {
                places[root] = place
                groups.append(Group())
            }
            groups[place].nodes.append(node)
            groups[place].arrivals += nodes[node].arrivals
            if nodes[node].isLone { groups[place].lone.append(nodes[node].span.mention) }
            if let number = nodes[node].span.cluster, let standing = standing[number],
                let cluster = clusters[standing], !groups[place].clusters.contains(where: { $0.number == standing })
            {
                groups[place].clusters.append(cluster)
            }
        }
    }

    private func root(_ node: Int) -> Int {
        var node = node
        while nodes[node].parent != node { node = nodes[node].parent }
        return node
    }

    private mutating func unite(_ one: Int, _ other: Int) {
        let (left, right) = (root(one), root(other))
        if left == right { return }
        // Trees stay flat: what was passed leads to the root.
        for start in [one, other] {
            var index = start
            while nodes[index].parent != index {
                let next = nodes[index].parent
                nodes[index].parent = left
                index = next
            }
        }
        nodes[right].parent = left
    }

    /// What has to be known to settle, after ``join()``.
    public func needs() -> CopyFoldNeeds {
        var needs = CopyFoldNeeds()
        for group in groups where group.isCluster {
            needs.lone += group.lone
            if group.clusters.isEmpty { needs.newClusters += 1 }
        }
        needs.lone.sort()
        return needs
    }

    // MARK: - Settling

    /// The net effect.
    ///
    /// - Parameters:
    ///   - keys: of the mentions that ``needs()`` names; one that is missing is there no more, and counts for nothing.
    ///   - numbers: for new clusters, as many as are needed.
    public mutating func settle(keys: [Int64: Canonical], numbers: [Int64]) -> CopySettlement {
        var settlement = CopySettlement()
        var numbers = numbers[...]
        for group in groups {
            if group.isCluster {
                settle(group, keys, &numbers, &settlement)
            }
            for node in group.nodes {
                if nodes[node].isGone {
                    settlement.goneSpans.append(nodes[node].span)
                } else if nodes[node].isChanged {
                    settlement.spans.append(nodes[node].span)
                }
            }
        }
        settlement.spans.sort { ($0.textHash, $0.slot) < ($1.textHash, $1.slot) }
        settlement.goneSpans.sort { ($0.textHash, $0.slot) < ($1.textHash, $1.slot) }
        settlement.clusters.sort { $0.number < $1.number }
        settlement.merges.sort { $0.child < $1.child }
        settlement.members.sort { $0.mention < $1.mention }
        settlement.copies.sort()
        settlement.demoted.sort()
        return settlement
    }

    private mutating func settle(
        _ group: Group,
        _ keys: [Int64: Canonical],
        _ numbers: inout ArraySlice<Int64>,
        _ settlement: inout CopySettlement
    ) {
        let newcomers = group.arrivals.map { arrivals[$0].key } + group.lone.compactMap { keys[$0] }
        // Of clusters that merge the greatest stands: its children need not be moved.
        let standing = group.clusters.max { ($0.size, $1.number) < ($1.size, $0.number) }
        guard let number = standing?.number ?? numbers.popFirst(),
            let canonical = (newcomers + group.clusters.map(\.canonical)).min()
        else { return }
        let now = Cluster(
            number: number,
            canonical: canonical,
            size: group.clusters.reduce(Int64(newcomers.count)) { $0 + $1.size },
            lastAt: max(
                newcomers.map(\.publishedAt).max() ?? canonical.publishedAt,
                group.clusters.map(\.lastAt).max() ?? canonical.publishedAt
            )
        )
        if now != standing { settlement.clusters.append(now) }
        for cluster in group.clusters {
            if cluster.number != number {
                settlement.merges.append(CopySettlement.Merge(child: cluster.number, parent: number))
            }
            if cluster.canonical.mention != canonical.mention { settlement.demoted.append(cluster.canonical.mention) }
        }
        for key in newcomers {
            settlement.members.append(CopySettlement.Member(mention: key.mention, cluster: number))
            if key.mention != canonical.mention { settlement.copies.append(key.mention) }
        }
        for node in group.nodes where nodes[node].span.cluster == nil {
            nodes[node].span.cluster = number
            nodes[node].isChanged = true
        }
    }
}
