public import MentionModel

extension CopyIndex {
    /// Lets go of a text as it stands at an instant: mentions that have it were changed or deleted. What it has joined
    /// is still taken for one cluster: ask for ``forgetClusters()`` when all are let go, and take in again those mentions
    /// that still have the text.
    public mutating func forget(_ textHash: UInt64, at: Timestamp) {
        var cursor = -1
        var places: [Int] = []
        while let place = table.next(textHash, &cursor) {
            let entry = ring[place]
            if entry.textHash == textHash, scheme.reaches(at.microseconds, first: entry.first, last: entry.last) {
                places.append(place)
            }
        }
        for place in places {
            table.remove(textHash, place)
            // Its bands lead nowhere from now on, and its end is no loss.
            ring[place].isComparable = false
            ring[place].isRepeated = false
            ring[place].first = .min
            ring[place].last = .min
        }
    }

    /// Forgets which texts are one cluster, so that each link is looked for again. O(capacity): milliseconds.
    public mutating func forgetClusters() {
        ring.partAll()
    }
}
