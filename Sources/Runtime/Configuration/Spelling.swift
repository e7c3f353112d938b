/// Which known name an unknown one may have been meant to be.
enum Spelling {
    /// The nearest of some names, if it is at most two slips away (three in a long name) and not more than a third of it.
    /// A tie goes to the one that sorts first.
    static func suggestion(for name: String, among known: [String]) -> String? {
        let limit = min(name.utf8.count / 3, name.utf8.count > 16 ? 3 : 2)
        let near = known.map { (distance($0, name), $0) }.filter { $0.0 <= limit && $0.0 > 0 }
        return near.min { $0 < $1 }?.1
    }

    /// Slips between two names: letters put in, left out, replaced, or two neighbours swapped (Damerau 1964, in the
    /// variant that edits no substring twice). O(n·m).
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
