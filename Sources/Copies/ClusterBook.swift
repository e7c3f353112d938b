public import MentionModel

/// One cluster of copies: its canonical mention and its sums.
public struct Cluster: Sendable, Equatable {
    /// Its number. Members store it once; where clusters have merged it leads to the standing one by its parent.
    public var number: Int64
    /// Its canonical mention.
    public var canonical: Canonical
    /// How many mentions it has.
    public var size: Int64
    /// The latest `published_at` of its mentions.
    public var lastAt: Timestamp

    /// Makes a cluster.
    public init(number: Int64, canonical: Canonical, size: Int64, lastAt: Timestamp) {
        self.number = number
        self.canonical = canonical
        self.size = size
        self.lastAt = lastAt
    }
}

/// What a batch comes to, netted. All lists ascend: the order in which rows are locked.
public struct ClusterSettlement: Sendable, Equatable {
    /// A cluster that has become part of another one.
    public struct Merge: Sendable, Equatable {
        /// The number that stood before the batch, or was new in it.
        public var child: Int64
        /// The standing cluster.
        public var parent: Int64
    }

    /// Clusters to be given a parent, by child.
    public var merges: [Merge] = []
    /// Standing clusters that are new or have changed, as they are now, by number.
    public var changed: [Cluster] = []
    /// Mentions that were canonical before the batch and are copies now: what they have in the sums as originals is to
    /// be taken back. At most one for each cluster that stood before. By mention.
    public var demoted: [Int64] = []
    /// Mentions that were new in the batch and are copies, by mention.
    public var newCopies: [Int64] = []

    /// A settlement of nothing.
    public init() {}
}

/// The algebra of clusters for one batch: which have merged, what their canonicals are now, and what follows for sums.
///
/// Clusters that the batch touches are brought in as they stand (``insert(_:)``), new mentions each as a cluster of
/// one (``open(_:)``), and links join them; ``settle()`` gives the net effect and begins the next batch. The canonical
/// of what has merged is the least of the canonicals, whatever the order, so the outcome depends on the set of links
/// alone; and a mention that is canonical after the batch was canonical of its own cluster before, or is new: so nothing
/// ever has to be promoted.
///
/// The standing number of merged clusters is the least one, and so does not depend on the order either.
public struct ClusterBook: Sendable {
    private struct Node: Sendable {
        var cluster: Cluster
        /// The number of the parent, or its own.
        var parent: Int64
        /// Whether it was a cluster of before the batch.
        var isStanding: Bool
        /// The canonical of before the batch, or the new mention.
        var before: Canonical
        var isTouched: Bool
    }

    private var nodes: [Int64: Node] = [:]

    /// An empty book.
    public init() {}

    /// Brings in a cluster as it stands, unless its number is known.
    public mutating func insert(_ cluster: Cluster) {
        guard nodes[cluster.number] == nil else { return }
        nodes[cluster.number] = Node(
            cluster: cluster,
            parent: cluster.number,
            isStanding: true,
            before: cluster.canonical,
            isTouched: false
        )
    }

    /// Brings in a new mention as a cluster of one under a new number, unless the number is known.
    public mutating func open(_ number: Int64, _ mention: Canonical) {
        guard nodes[number] == nil else { return }
        nodes[number] = Node(
            cluster: Cluster(number: number, canonical: mention, size: 1, lastAt: mention.publishedAt),
            parent: number,
            isStanding: false,
            before: mention,
            isTouched: true
        )
    }

    /// The number that a cluster stands under now; nil for one that the book does not know. Amortised almost constant.
    public mutating func standing(_ number: Int64) -> Int64? {
        guard var node = nodes[number] else { return nil }
        var root = number
        while node.parent != root {
            root = node.parent
            guard let next = nodes[root] else { return nil }
            node = next
        }
        // All that was passed leads to the root directly from now on.
        var index = number
        while index != root, let parent = nodes[index]?.parent {
            nodes[index]?.parent = root
            index = parent
        }
        return root
    }

    /// Makes one cluster of two. A number that the book does not know is a link to nothing: returns false.
    @discardableResult
    public mutating func join(_ one: Int64, _ other: Int64) -> Bool {
        guard let first = standing(one), let second = standing(other) else { return false }
        if first == second { return true }
        let (root, child) = (min(first, second), max(first, second))
        guard let gone = nodes[child] else { return false }
        nodes[child]?.parent = root
        nodes[child]?.isTouched = true
        nodes[root]?.isTouched = true
        nodes[root]?.cluster.absorb(gone.cluster)
        return true
    }

    /// The cluster that a number stands for now.
    public mutating func cluster(_ number: Int64) -> Cluster? {
        standing(number).flatMap { nodes[$0]?.cluster }
    }

    /// The net effect of the batch; what was new in it stands from now on. O(n log n) in the clusters of the book.
    public mutating func settle() -> ClusterSettlement {
        var settlement = ClusterSettlement()
        for number in nodes.keys.sorted() {
            guard let root = standing(number), let node = nodes[number], let now = nodes[root]?.cluster else {
                continue
            }
            guard node.isTouched else { continue }
            if root == number {
                settlement.changed.append(now)
            } else if node.isStanding {
                settlement.merges.append(ClusterSettlement.Merge(child: number, parent: root))
            }
            if now.canonical.mention != node.before.mention {
                if node.isStanding {
                    settlement.demoted.append(node.before.mention)
                } else {
                    settlement.newCopies.append(node.before.mention)
                }
            }
        }
        settlement.demoted.sort()
        settlement.newCopies.sort()
        // Children stay known by their parents alone: links of later batches may still name them.
        for number in Array(nodes.keys) {
            guard let root = standing(number), let now = nodes[root]?.cluster else { continue }
            nodes[number]?.isTouched = false
            nodes[number]?.isStanding = true
            nodes[number]?.before = now.canonical
            nodes[number]?.cluster.number = root
        }
        return settlement
    }

    /// Forgets all clusters, for who brings in what each batch touches.
    public mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
    }
}

extension Cluster {
    /// Takes in the mentions of another cluster.
    mutating func absorb(_ other: Cluster) {
        size += other.size
        canonical = min(canonical, other.canonical)
        lastAt = max(lastAt, other.lastAt)
    }
}
