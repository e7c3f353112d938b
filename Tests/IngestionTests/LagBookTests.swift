import MentionModel
import Pipeline
import Testing

@testable import Ingestion

@Suite struct LagBookTests {
    private let start = ContinuousClock.now
    private let wallClock = Timestamp(microseconds: 1_000_000_000)

    private func lane(_ durable: Int64, received: Int64, oldest: Int64? = nil) -> LaneGauge {
        var lane = LaneGauge(partition: 3, durable: durable, isFaulty: false)
        lane.received = received
        lane.oldestTimestamp = oldest
        return lane
    }

    @Test func lagIsToTheEndThatKafkaToldOrToWhatCame() {
        var book = LagBook()
        #expect(book.lag(of: lane(10, received: 10), wallClock: wallClock, at: start) == .init(records: 0, age: 0))
        #expect(book.lag(of: lane(10, received: 14), wallClock: wallClock, at: start).records == 4)
        book.learned([3: 100])
        #expect(book.lag(of: lane(10, received: 14), wallClock: wallClock, at: start).records == 90)
        // More came since Kafka was asked.
        #expect(book.lag(of: lane(10, received: 120), wallClock: wallClock, at: start).records == 110)
        // The topic was cut: never negative.
        #expect(book.lag(of: lane(150, received: 150), wallClock: wallClock, at: start).records == 0)
    }

    @Test func ageIsThatOfTheOldestRecordHeld() {
        var book = LagBook()
        let held = lane(10, received: 14, oldest: 1_000_000 - 2_500)
        #expect(book.lag(of: held, wallClock: wallClock, at: start).age == 2.5)
        // A producer whose clock is ahead.
        #expect(book.lag(of: lane(10, received: 14, oldest: 2_000_000), wallClock: wallClock, at: start).age == 0)
    }

    @Test func withoutOneItIsSinceWhenThereIsLag() {
        var book = LagBook()
        book.learned([3: 100])
        let behind = lane(10, received: 10)
        #expect(book.lag(of: behind, wallClock: wallClock, at: start).age == 0)
        #expect(book.lag(of: behind, wallClock: wallClock, at: start + .seconds(7)).age == 7)
        _ = book.lag(of: lane(100, received: 100), wallClock: wallClock, at: start + .seconds(8))
        book.learned([3: 200])
        #expect(book.lag(of: lane(100, received: 100), wallClock: wallClock, at: start + .seconds(9)).age == 0)
    }

    @Test func partitionsThatAreGoneAreForgotten() {
        var book = LagBook()
        book.learned([3: 100])
        book.forget(except: [4])
        #expect(book.lag(of: lane(10, received: 10), wallClock: wallClock, at: start).records == 0)
    }
}
