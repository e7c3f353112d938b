import Copies
import MentionModel

/// Says when a rebuild, which reads backwards, has come to mentions that nothing to come can be linked to.
///
/// New mentions are taken to be published about when the newest stored ones were: those give the middle half of their
/// `published_at`, so that a few wrong dates don't count. Dates are no order of arrival, and a backlog of old mentions
/// may have come in late: so it takes a long run of mentions out of reach to end a rebuild.
struct RebuildHorizon {
    /// How many of the newest mentions say what is near.
    static let sampled = 1_000
    /// How many mentions in a row must be out of reach.
    static let mostInRow = 50_000

    private let scheme: CopyScheme
    private var sample: [Timestamp] = []
    private var middle: ClosedRange<Timestamp>?
    private var inRow = 0

    init(scheme: CopyScheme) { self.scheme = scheme }

    /// Takes in the instants of mentions, newest first; returns whether the rebuild has come to its end.
    mutating func passes(_ instants: [Timestamp]) -> Bool {
        for instant in instants {
            guard let middle else {
                sample.append(instant)
                if sample.count == Self.sampled {
                    sample.sort()
                    self.middle = sample[Self.sampled / 4]...sample[Self.sampled * 3 / 4]
                }
                continue
            }
            let nearest = min(max(instant, middle.lowerBound), middle.upperBound)
            inRow = scheme.isWithinWindow(instant, nearest) ? 0 : inRow + 1
            if inRow >= Self.mostInRow { return true }
        }
        return false
    }
}
