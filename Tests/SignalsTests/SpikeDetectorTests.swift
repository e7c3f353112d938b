import Signals
import Testing

/// Steele, Lea and Flood's SplitMix64.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Knuth's way to a Poisson number; sums of small means for larger ones.
    mutating func poisson(_ mean: Double) -> Int32 {
        var left = mean
        var sum: Int32 = 0
        while left > 0 {
            let step = min(left, 10)
            left -= step
            var product = 1.0
            let limit = exponential(-step)
            while true {
                product *= Double.random(in: 0..<1, using: &self)
                if product <= limit { break }
                sum += 1
            }
        }
        return sum
    }

    /// e to the power of a number, by its series on a small part of it.
    private func exponential(_ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        for n in 1...20 {
            term *= x / 16 / Double(n)
            sum += term
        }
        return (0..<4).reduce(sum) { power, _ in power * power }
    }
}

@Suite struct SpikeDetectorTests {
    /// A Monday, 00Z.
    private static let monday: Int32 = 490_824

    private func spikes(_ counts: [Int32], _ setting: SpikeSetting = .standard) -> [Spike] {
        var detector = SpikeDetector(setting, since: Self.monday, from: Self.monday)
        return counts.enumerated().compactMap { detector.take(hour: Self.monday + Int32($0), count: $1) }
    }

    /// Counts of a brand with days and nights, and quieter weekends.
    private func week(_ weeks: Int, mean: Double, seed: UInt64) -> [Int32] {
        var random = SplitMix64(state: seed)
        return (0..<weeks * 168).map { hour in
            let time = hour % 24
            let daily = (8...22).contains(time) ? 1.5 : 0.3
            return random.poisson(mean * daily * (hour / 24 % 7 >= 5 ? 0.6 : 1))
        }
    }

    @Test func theFirstHourIsAMonday() {
        #expect((Self.monday / 24 + 3) % 7 == 0 && Self.monday % 24 == 0)
    }

    @Test func noiseIsNone() {
        for (seed, mean) in [0.05, 0.5, 2, 5, 20, 60].enumerated() {
            let found = spikes(week(8, mean: mean, seed: UInt64(seed)))
            #expect(found.isEmpty, "mean \(mean): \(found)")
        }
    }

    @Test func plantedSpikesAreFoundWhereverTheyAre() {
        for (seed, mean) in [0.2, 3, 20].enumerated() {
            for hour in [200, 500, 503, 900, 1_000] {
                var counts = week(6, mean: mean, seed: 50 + UInt64(seed))
                counts[hour] += Int32(15 + mean * 12)
                let found = spikes(counts)
                #expect(found.map(\.hour) == [Self.monday + Int32(hour)], "mean \(mean), hour \(hour)")
                #expect(found.first?.value == counts[hour])
            }
        }
    }

    /// By night a wave is one that would be nothing by day.
    @Test func anHourIsComparedWithItsKind() {
        var counts = (0..<5 * 168).map { hour in (8...22).contains(hour % 24) ? Int32(60) : 2 }
        counts[700 / 24 * 24 + 3] = 40
        #expect(spikes(counts).map(\.value) == [40])
        var early = Array(counts.prefix(5 * 24))
        early[4 * 24 + 3] = 40
        #expect(spikes(early).map(\.value) == [40])
        early[4 * 24 + 3] = 2
        early[2 * 24 + 3] = 40
        #expect(spikes(early).isEmpty, "three days are needed for that")
        early[2 * 24 + 3] = 130
        #expect(spikes(early).map(\.value) == [130], "but not for what is higher than all before")
    }

    @Test func aWaveIsOneSignal() {
        var counts = [Int32](repeating: 3, count: 600)
        for hour in 400..<409 { counts[hour] = 50 }  // longer than the cool-down
        counts[412] = 50  // 4 hours after the last of it
        counts[419] = 50  // 7 hours after that
        #expect(spikes(counts).map { $0.hour - Self.monday } == [400, 419])
        #expect(spikes(counts, SpikeSetting(coolDown: 0)).count == 11)
        #expect(spikes(counts, SpikeSetting(coolDown: 7)).count == 1)
    }

    @Test func fewMentionsAndYoungBrandsAreNotJudged() {
        var counts = [Int32](repeating: 0, count: 100)
        counts[50] = 9
        #expect(spikes(counts).isEmpty)
        counts[50] = 10
        let found = spikes(counts)
        #expect(found == [Spike(hour: Self.monday + 50, value: 10, baseline: 0, z: 10)])
        counts[50] = 0
        counts[23] = 100
        #expect(spikes(counts).isEmpty)
        counts[23] = 0
        counts[24] = 100
        #expect(spikes(counts).count == 1)
    }

    /// Begun anywhere, with hours of none left out, it says the same of what lies behind its look-back.
    @Test func wherePassedHoursBeginDoesNotMatter() {
        var random = SplitMix64(state: 9)
        for round in 0..<20 {
            var counts = week(7, mean: 1, seed: 100 + UInt64(round))
            for _ in 0..<30 { counts[Int.random(in: 0..<counts.count, using: &random)] += 25 }
            let setting = SpikeSetting(coolDown: Int32(round % 9), baseline: round.isMultiple(of: 2) ? 672 : 100)
            let all = spikes(counts, setting)
            #expect(!all.isEmpty)
            let from = Int32.random(in: 0..<Int32(counts.count), using: &random)
            let begin = max(0, from - SpikeDetector.lookBack(setting))
            var detector = SpikeDetector(setting, since: Self.monday, from: Self.monday + begin)
            var found: [Spike] = []
            for hour in begin..<Int32(counts.count) where counts[Int(hour)] != 0 {
                if let spike = detector.take(hour: Self.monday + hour, count: counts[Int(hour)]),
                    spike.hour >= Self.monday + from
                {
                    found.append(spike)
                }
            }
            #expect(found == all.filter { $0.hour >= Self.monday + from })
        }
    }

    @Test func medianAndDeviation() throws {
        let odd = try #require(RobustBaseline([1, 9, 2, 100, 3]))
        #expect(odd.median == 3 && odd.deviation == 2)
        let even = try #require(RobustBaseline([4, 1, 2, 3]))
        #expect(even.median == 2.5 && even.deviation == 1)
        #expect(abs(odd.z(3)) < 1e-12)
        #expect(abs(odd.z(10) - 7 / (1.4826 * 2 + 1)) < 1e-12)
        let steady = try #require(RobustBaseline([100, 100, 100]))
        #expect(steady.deviation == 0 && abs(steady.z(133) - 3) < 1e-12)
        #expect(RobustBaseline([]) == nil)
    }

    @Test func settingsAreHeldToTheirRanges() {
        let setting = SpikeSetting(threshold: .nan, minimum: -1, coolDown: 9_999, baseline: 0)
        #expect(setting == SpikeSetting(threshold: 5, minimum: 1, coolDown: 168, baseline: 24))
    }

    @Test func hoursThatWerePassedAreNotLookedAt() {
        var detector = SpikeDetector(.standard, since: 0, from: 100)
        #expect(detector.take(hour: 99, count: 1_000) == nil)
        #expect(detector.take(hour: .max - 1, count: 1_000) != nil)
        #expect(detector.take(hour: 101, count: 1_000) == nil)
    }
}
