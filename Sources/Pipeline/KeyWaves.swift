/// Deals things with keys out to waves, of which each is sent when the one before it was acknowledged.
public enum KeyWaves {
    /// The places of `keys`, dealt out so that a wave holds each key once: the n-th time that a key comes up is in the
    /// n-th wave. So what has one key is sent in order even where a sender may leave gaps, and what has different keys
    /// goes side by side. Places within a wave are in order.
    ///
    /// - Complexity: linear in the number of keys.
    public static func deal<Key: Hashable>(_ keys: some Sequence<Key>) -> [[Int]] {
        var seen: [Key: Int] = [:]
        var waves: [[Int]] = []
        for (place, key) in keys.enumerated() {
            let wave = seen[key, default: 0]
            seen[key] = wave + 1
            if wave == waves.count { waves.append([]) }
            waves[wave].append(place)
        }
        return waves
    }
}
