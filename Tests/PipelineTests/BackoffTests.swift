import Pipeline
import Testing

@Suite struct BackoffTests {
    @Test func waitsGrowWithinTheirBounds() {
        for seed in 0..<200 as Range<UInt64> {
            var backoff = Backoff(base: .milliseconds(100), limit: .seconds(5), seed: seed)
            for failure in 0..<100 {
                let interval = min(5_000, 100 << min(failure, 10))
                let wait = backoff.next()
                #expect(wait >= .milliseconds(interval / 2) && wait <= .milliseconds(interval))
                #expect(backoff.failures == failure + 1)
            }
        }
    }

    @Test func successStartsItAnew() {
        var backoff = Backoff(base: .milliseconds(100), limit: .seconds(5), seed: 1)
        for _ in 0..<10 { _ = backoff.next() }
        backoff.reset()
        #expect(backoff.failures == 0)
        #expect(backoff.next() <= .milliseconds(100))
    }

    @Test func sameSeedSameWaitsAndOthersDiffer() {
        func waits(_ seed: UInt64) -> [Duration] {
            var backoff = Backoff(seed: seed)
            return (0..<20).map { _ in backoff.next() }
        }
        #expect(waits(7) == waits(7))
        #expect(Set((0..<50).map { waits($0) }).count == 50)
    }
}
