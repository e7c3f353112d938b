/// The memory that matching one text after the other uses again; one per task, for matchers of any version.
public struct MatchScratch: Sendable {
    /// Nodes of the terms that may still go on with the next token.
    var active: [UInt32] = []
    /// Nodes of terms that end in a sign, until the token after it shows that no word touches it.
    var waiting: [UInt32] = []
    /// Indices of the brands found.
    var hits: [UInt32] = []
    /// Per brand and kind (found, vetoed), the round in which it was last seen.
    var seen: [UInt32] = []
    var round: UInt32 = 0

    /// Empty scratch.
    public init() {}

    /// Makes room for outputs below `count` and forgets the last text.
    mutating func begin(outputs count: Int) {
        active.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        hits.removeAll(keepingCapacity: true)
        round &+= 1
        if seen.count < count { seen.append(contentsOf: repeatElement(0, count: count - seen.count)) }
        if round == 0 {
            for index in seen.indices { seen[index] = 0 }
            round = 1
        }
    }
}
