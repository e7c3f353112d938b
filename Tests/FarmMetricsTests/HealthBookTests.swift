import FarmMetrics
import Testing

@Suite struct HealthBookTests {
    private let start = ContinuousClock.now

    @Test func aLoopThatStandsStillIsNamed() {
        for loop in WorkerLoop.allCases {
            var book = HealthBook()
            for other in WorkerLoop.allCases { book.turned(other, at: start) }
            for other in WorkerLoop.allCases where other != loop { book.rested(other) }
            #expect(book.report(at: start + loop.patience).isWell)
            let late = book.report(at: start + loop.patience + .seconds(1))
            #expect(!late.isWell)
            #expect(late.lines[0].contains("the loop \(loop.rawValue) stands still"), "\(late.lines[0])")
            book.turned(loop, at: start + loop.patience + .seconds(2))
            #expect(book.report(at: start + loop.patience + .seconds(3)).isWell)
        }
    }

    @Test func aLoopThatRestsMayRestForEver() {
        var book = HealthBook()
        for loop in WorkerLoop.allCases { book.rested(loop) }
        #expect(book.report(at: start + .seconds(1_000_000)).isWell)
    }

    @Test func lagWithoutProgressIsRed() {
        var book = HealthBook()
        let limit = HealthBook.patienceForProgress
        book.saw(durable: [0: 10, 1: 20], lag: 5, at: start)
        book.saw(durable: [0: 10, 1: 20], lag: 7, at: start + limit)
        #expect(book.report(at: start + limit).isWell)
        let late = book.report(at: start + limit + .seconds(1))
        #expect(!late.isWell && late.lines[0].contains("7 records wait"), "\(late.lines[0])")
        // One partition moves, or goes away: that is progress.
        book.saw(durable: [0: 11, 1: 20], lag: 7, at: start + limit + .seconds(2))
        #expect(book.report(at: start + limit * 2).isWell)
        book.saw(durable: [1: 20], lag: 7, at: start + limit * 2 + .seconds(1))
        #expect(book.report(at: start + limit * 3).isWell)
    }

    @Test func quietWithoutLagIsWell() {
        var book = HealthBook()
        for second in stride(from: 0, to: 100_000, by: 5) {
            book.saw(durable: [0: 10], lag: 0, at: start + .seconds(second))
        }
        #expect(book.report(at: start + .seconds(100_000)).isWell)
        // The patience begins with the lag, not with the last step.
        book.saw(durable: [0: 10], lag: 1, at: start + .seconds(100_001))
        #expect(book.report(at: start + .seconds(100_002)).isWell)
    }

    @Test func whatIsAwayExcusesUntilItIsBack() {
        var book = HealthBook()
        book.turned(.delivery, at: start)
        book.saw(durable: [0: 10], lag: 5, at: start)
        for second in stride(from: 0, through: 3_600, by: 5) {
            book.excuse("PostgreSQL is away", at: start + .seconds(second))
            book.saw(durable: [0: 10], lag: 5, at: start + .seconds(second))
            let report = book.report(at: start + .seconds(second))
            #expect(report.isWell && report.lines.contains("excused: PostgreSQL is away"))
        }
        // Then time counts again.
        book.excuse(nil, at: start + .seconds(3_605))
        #expect(book.report(at: start + .seconds(3_700)).isWell)
        #expect(!book.report(at: start + .seconds(3_600) + WorkerLoop.delivery.patience + .seconds(1)).isWell)
    }
}
