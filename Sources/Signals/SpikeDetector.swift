/// Finds the hours of one brand that stand out, as they come, one wave once.
///
/// Whether an hour stands out is a function of its count and the counts of the hours before it, as many as the setting
/// has. It is a signal if none of the hours of the cool-down before it stood out: so a wave is told of once, for as long
/// as it rolls. So a detector may begin anywhere ``lookBack`` hours before the first hour that matters.
public struct SpikeDetector: Sendable {
    /// So many hours of history are needed before anything is judged.
    public static let leastHistory: Int32 = 24
    /// From this history on, an hour is compared with those at its time of day.
    private static let dailyHistory = 3 * 24
    /// From this one on, with those on days of its kind alone.
    private static let weeklyHistory = 14 * 24

    private let setting: SpikeSetting
    /// The first hour of all.
    private let since: Int32
    /// Counts of the hours up to `next`, the oldest first; at most the baseline's length.
    private var counts: [Int32] = []
    private var next: Int32
    private var lastHigh: Int32?

    /// Makes a detector.
    ///
    /// - Parameters:
    ///   - since: the first hour in which the brand was mentioned at all: there is no history before.
    ///   - from: the first hour that will be taken.
    public init(_ setting: SpikeSetting, since: Int32, from: Int32) {
        self.setting = setting
        self.since = since
        next = from
    }

    /// How many hours before the first hour that matters a detector has to begin.
    public static func lookBack(_ setting: SpikeSetting) -> Int32 { setting.baseline + setting.coolDown }

    /// Takes the count of an hour; the hours between the last one and this had none. Hours come in order: one that was
    /// passed is not looked at. O(1) for counts below the minimum, else O(n log n) of the baseline's length.
    /// - Returns: the spike, where it is one and the first of its wave.
    public mutating func take(hour: Int32, count: Int32) -> Spike? {
        guard hour >= next, hour < .max else { return nil }
        pass(to: hour)
        let spike = judged(hour, count)
        push(count)
        next = hour + 1
        guard let spike else { return nil }
        let isOfWave = lastHigh.map { Int64(hour) - Int64($0) <= Int64(setting.coolDown) } ?? false
        lastHigh = hour
        return isOfWave ? nil : spike
    }

    private mutating func pass(to hour: Int32) {
        let gap = min(Int64(hour) - Int64(next), Int64(setting.baseline))
        for _ in 0..<gap { push(0) }
    }

    private mutating func push(_ count: Int32) {
        counts.append(count)
        // In blocks, so that it costs nothing on the average.
        if counts.count >= 2 * Int(setting.baseline) { counts.removeFirst(counts.count - Int(setting.baseline)) }
    }

    private func judged(_ hour: Int32, _ count: Int32) -> Spike? {
        let history = min(Int64(hour) - Int64(since), Int64(setting.baseline))
        guard count >= setting.minimum, history >= Int64(Self.leastHistory) else { return nil }
        let length = min(Int(history), counts.count)
        guard let baseline = RobustBaseline(sample(hour, length)) else { return nil }
        let z = baseline.z(count)
        guard z >= setting.threshold else { return nil }
        if length < Self.dailyHistory {
            // Each morning would be a spike to who has seen one night: it must be half again as high as all before.
            let highest = counts.suffix(length).max() ?? 0
            guard Int64(count) * 2 >= Int64(highest) * 3 else { return nil }
        }
        return Spike(hour: hour, value: count, baseline: baseline.median, z: z)
    }

    /// With three days or more: the hours at the same time of day, give or take one; with two weeks or more those on days
    /// of the same kind alone (Monday to Friday, or the weekend; UTC). Hour of the week would leave four hours in four
    /// weeks, too few for a median.
    private func sample(_ hour: Int32, _ length: Int) -> [Int32] {
        let all = counts.suffix(length)
        guard length >= Self.dailyHistory else { return Array(all) }
        var alike: [Int32] = []
        var at = hour - Int32(length)
        for count in all {
            let isKind = length < Self.weeklyHistory || Self.isWeekend(at) == Self.isWeekend(hour)
            if isKind, Self.distance(at, hour) <= 1 { alike.append(count) }
            at += 1
        }
        return alike
    }

    /// 1970-01-01 was a Thursday.
    private static func isWeekend(_ hour: Int32) -> Bool {
        let day = Self.remainder(Self.floored(hour, 24) + 3, 7)
        return day >= 5
    }

    /// Between two times of day, in hours, 0…12.
    private static func distance(_ left: Int32, _ right: Int32) -> Int32 {
        let between = remainder(left - right, 24)
        return min(between, 24 - between)
    }

    private static func floored(_ value: Int32, _ by: Int32) -> Int32 { (value - remainder(value, by)) / by }

    private static func remainder(_ value: Int32, _ by: Int32) -> Int32 {
        let rest = value % by
        return rest < 0 ? rest + by : rest
    }
}
