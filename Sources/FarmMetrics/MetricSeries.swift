internal import CoreMetrics
internal import Synchronization

/// The values of one combination of labels.
protocol MetricSeries: AnyObject, Sendable {
    /// Adds its samples to the page. `labels` is `topic="a",partition="3"`, or empty.
    func write(_ description: MetricDescription, _ labels: String, to page: inout PrometheusPage)
}

/// A counter. Sums to 2⁵³ are exact.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        // A counter never falls, whatever it is told.
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(_ description: MetricDescription, _ labels: String, to page: inout PrometheusPage) {
        page.sample(description.name, labels, value.withLock { $0 })
    }
}

/// A gauge.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ new: Int64) { set(new) }
    func record(_ new: Double) { set(new) }

    func write(_ description: MetricDescription, _ labels: String, to page: inout PrometheusPage) {
        page.sample(description.name, labels, value.withLock { $0 })
    }
}

/// A histogram, shared by tasks.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private let histogram: Mutex<Histogram>

    init(bounds: [Double]) { histogram = Mutex(Histogram(bounds: bounds)) }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { histogram.withLock { $0.record(value) } }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func write(_ description: MetricDescription, _ labels: String, to page: inout PrometheusPage) {
        let state = histogram.withLock { $0 }
        let separator = labels.isEmpty ? "" : ","
        for (bound, count) in state.cumulative {
            let edge = bound.map(PrometheusPage.number) ?? "+Inf"
            page.sample(description.name + "_bucket", "\(labels)\(separator)le=\"\(edge)\"", Double(count))
        }
        page.sample(description.name + "_sum", labels, state.sum)
        page.sample(description.name + "_count", labels, Double(state.count))
    }
}

/// Counts values by size.
public struct Histogram: Sendable, Equatable {
    /// The upper bounds of the buckets, ascending; a last one without bound follows them.
    public let bounds: [Double]
    private var counts: [Int]
    /// The sum of all values.
    public private(set) var sum = 0.0

    /// An empty one.
    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    /// Counts a value; one that is no number is left out. O(log n) of the bounds.
    public mutating func record(_ value: Double) {
        guard !value.isNaN else { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        counts[low] += 1
        sum += value
    }

    /// How many values there were.
    public var count: Int { counts.reduce(0, +) }

    /// For each bound how many values were not greater than it; nil stands for no bound.
    public var cumulative: [(bound: Double?, count: Int)] {
        var total = 0
        return counts.enumerated().map { place, count in
            total += count
            return (place < bounds.count ? bounds[place] : nil, total)
        }
    }
}
