import CoreMetrics
import FarmMetrics
import MentionModel
import Pipeline

/// How far each partition is behind its end, and for how long. Pure: the clocks come in as arguments.
struct LagBook: Sendable {
    /// What a partition's lag is.
    struct Lag: Sendable, Equatable {
        var records: Int64
        var age: Double
    }

    private var ends: [Int32: Int64] = [:]
    /// Since when there is lag and nothing is held whose age could be told.
    private var behindSince: [Int32: ContinuousClock.Instant] = [:]

    mutating func learned(_ new: [Int32: Int64]) { ends.merge(new) { $1 } }

    mutating func forget(except held: Set<Int32>) {
        ends = ends.filter { held.contains($0.key) }
        behindSince = behindSince.filter { held.contains($0.key) }
    }

    /// The lag of a lane. What it has received may be beyond the end that was told last.
    mutating func lag(of lane: LaneGauge, wallClock: Timestamp, at now: ContinuousClock.Instant) -> Lag {
        let end = max(ends[lane.partition] ?? lane.received, lane.received)
        let records = max(0, end - lane.durable)
        if records == 0 {
            behindSince[lane.partition] = nil
            return Lag(records: 0, age: 0)
        }
        if let oldest = lane.oldestTimestamp {
            behindSince[lane.partition] = nil
            return Lag(records: records, age: max(0, Double(wallClock.microseconds) / 1e6 - Double(oldest) / 1e3))
        }
        let since = behindSince[lane.partition] ?? now
        behindSince[lane.partition] = since
        return Lag(records: records, age: (now - since) / .seconds(1))
    }
}

/// The gauges of one partition that is held.
struct PartitionGauges: Sendable {
    private let lag: Meter
    private let age: Meter
    private let nextOffset: Meter
    private let paused: Meter

    init(_ factory: any MetricsFactory, _ topic: String, _ partition: Int32) {
        let number = String(partition)
        lag = factory.meter(MetricCatalogue.lag, topic, number)
        age = factory.meter(MetricCatalogue.oldestAge, topic, number)
        nextOffset = factory.meter(MetricCatalogue.nextOffset, topic, number)
        paused = factory.meter(MetricCatalogue.paused, topic, number)
    }

    func set(_ lane: LaneGauge, _ lag: LagBook.Lag, isPaused: Bool) {
        self.lag.set(lag.records)
        age.set(lag.age)
        nextOffset.set(lane.durable)
        paused.set(isPaused ? 1 : 0)
    }

    func destroy() {
        for meter in [lag, age, nextOffset, paused] { meter.destroy() }
    }
}
