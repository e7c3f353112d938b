import FarmMetrics
import Testing

/// SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

@Suite struct HistogramTests {
    @Test func countsByUpperBoundInclusive() {
        var histogram = Histogram(bounds: [1, 5, 10])
        for value in [0.5, 1, 1.5, 5, 9, 10, 11, 1_000] { histogram.record(value) }
        #expect(histogram.cumulative.map(\.count) == [2, 4, 6, 8])
        #expect(histogram.cumulative.map(\.bound) == [1, 5, 10, nil])
        #expect(histogram.sum == 1_038)
        #expect(histogram.count == 8)
    }

    @Test func agreesWithCountingOneByOne() {
        var random = Seeded(state: 7)
        let bounds = MetricCatalogue.stageSeconds.bounds
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        for _ in 0..<50 {
            let values = (0..<40).map { _ in
                Bool.random(using: &random)
                    ? bounds.randomElement(using: &random) ?? 0 : .random(in: -1...100, using: &random)
            }
            var histogram = Histogram(bounds: bounds)
            for value in values { histogram.record(value) }
            for (bound, count) in histogram.cumulative {
                #expect(count == values.count { value in bound.map { value <= $0 } ?? true })
            }
        }
    }

    @Test func leavesOutWhatIsNoNumber() {
        var histogram = Histogram(bounds: [1])
        histogram.record(.nan)
        histogram.record(.infinity)
        #expect(histogram.cumulative.map(\.count) == [0, 1])
    }
}
