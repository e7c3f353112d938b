import MentionModel
@testable import Pipeline
import Testing

@Suite struct BreakerTests {
    private static let limits = Breaker.Limits(window: 10, share: 50)

    @Test func tripsAtTheRecordThatMakesTheShareTooLarge() throws {
        let breaker = Watched(Self.limits)
        let (index, trip) = try #require(breaker.observe(chunk(0..<20) { _ in true }))
        #expect(index == 5)
        #expect(trip == Breaker.Trip(deadLetters: 6, records: 6, lastReason: .badJSON, offset: 5))
    }

    @Test func holdsWhileHalfOfTheWindowIsGood() {
        let breaker = Watched(Self.limits)
        #expect(breaker.observe(chunk(0..<1_000) { $0 % 2 == 0 }) == nil)
        #expect(breaker.deadLetters == 5)
    }

    @Test func forgetsWhatLeftTheWindow() {
        let breaker = Watched(Self.limits)
        for start in stride(from: Int64(0), to: 100, by: 10) {
            #expect(breaker.observe(chunk(start..<start + 10) { $0 < start + 5 }) == nil)
        }
        #expect(breaker.observe(chunk(100..<110) { _ in false }) == nil)
        #expect(breaker.deadLetters == 0)
    }

    @Test func countsOverChunks() throws {
        let breaker = Watched(Self.limits)
        #expect(breaker.observe(chunk(0..<3) { _ in true }) == nil)
        #expect(breaker.observe(chunk(3..<6) { _ in false }) == nil)
        let (index, trip) = try #require(breaker.observe(chunk(6..<12) { _ in true }))
        #expect(index == 2)
        #expect(trip == Breaker.Trip(deadLetters: 6, records: 9, lastReason: .badJSON, offset: 8))
    }

    @Test func agreesWithACountOfTheWindow() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let breaker = Watched(Breaker.Limits(window: Int.random(in: 1...30, using: &random), share: 40))
            var history: [Bool] = []
            var start: Int64 = 0
            var isOver = false
            while !isOver, start < 300 {
                let flags = (0..<Int.random(in: 1...25, using: &random)).map { _ in random.chance(25) }
                let found = breaker.observe(chunk(start..<start + Int64(flags.count)) { flags[Int($0 - start)] })
                var expected: Int?
                for (index, flag) in flags.enumerated() where expected == nil {
                    history.append(flag)
                    let bad = history.suffix(breaker.limits.window).count { $0 }
                    if flag, bad * 100 > breaker.limits.window * 40 { expected = index }
                }
                #expect(found?.index == expected)
                isOver = expected != nil
                start += Int64(flags.count)
            }
        }
    }

    @Test func leavesAcceptedOffsetsUncounted() throws {
        let breaker = Watched(Self.limits, countsFrom: 50)
        #expect(breaker.observe(chunk(0..<50) { _ in true }) == nil)
        #expect(breaker.observe(chunk(50..<60) { _ in true })?.index == 5)
    }

    @Test func neverTripsWhereTheShareIsAll() {
        let breaker = Watched(Breaker.Limits(window: 3, share: 100))
        #expect(breaker.observe(chunk(0..<500) { _ in true }) == nil)
    }

    @Test func countsWhatTheDatabaseRefused() throws {
        let breaker = Watched(Self.limits)
        #expect(breaker.observe(chunk(0..<10) { _ in false }) == nil)
        for _ in 0..<5 { breaker.refused() }
        #expect(breaker.deadLetters == 5)
        #expect(try #require(breaker.observe(chunk(10..<20) { $0 == 10 })).trip.deadLetters == 6)
    }

    // MARK: In a lane

    @Test func whatCameBeforeIsWrittenAndTheRestLeft() throws {
        let table = Table(breaker: Self.limits)
        table.hold(.at(0, 0))
        table.hold(.at(1, 0))
        table.fill(0, chunk(0..<4) { _ in false })
        table.fill(0, chunk(4..<16) { _ in true })
        table.fill(0, chunk(16..<20) { _ in false })
        table.fill(1, chunk(0..<4) { _ in false })
        let unprepared = table.receive(0, [20, 21])
        let batch = try #require(table.cut(maximum: 100))
        #expect(batch.steps.map(\.to) == [10, 4])
        #expect(batch.steps[0].offsets == Array(0..<10))
        #expect(table.takeTrip(0) == nil, "not before it is durable")
        table.commit(batch)
        #expect(table.takeTrip(1) == nil)
        #expect(table.soundPartitions == [0, 1])
        let trip = try #require(table.takeTrip(0))
        #expect(trip == Breaker.Trip(deadLetters: 6, records: 10, lastReason: .badJSON, offset: 9))
        #expect(table.takeTrip(0) == nil, "told once")
        #expect(table.soundPartitions == [1])
        // Nothing of it is left, and nothing more comes in.
        if let ticket = unprepared.ticket { table.prepared(ticket, chunk([20, 21])) }
        #expect(table.receive(0, [22]) == .nothing)
        #expect(!table.endReached(0, offset: 30))
        #expect(table.cut(maximum: 100) == nil)
        #expect(table.heldRecords == 0 && table.heldBytes == 0 && table.readyRecords == 0)
        #expect(table.durableOffsets == [0: 10, 1: 4])
        #expect(table.isDrained([0, 1]))
    }

    @Test func isToldOnlyWhenBothHalvesAreDurable() throws {
        let table = Table(breaker: Self.limits)
        table.hold(.at(0, 0))
        table.fill(0, chunk(0..<16) { _ in true })
        let (early, late) = try #require(table.cut(maximum: 100)?.halves())
        table.commit(early)
        #expect(table.takeTrip(0) == nil)
        table.commit(late)
        #expect(table.takeTrip(0) != nil)
    }

    @Test func aClaimCountsAnewBehindWhatWasAccepted() throws {
        let table = Table(breaker: Self.limits)
        table.hold(Holding(partition: 0, epoch: 2, incarnation: 0, nextOffset: 0, acceptBelow: 12))
        table.fill(0, chunk(0..<30) { _ in true })
        #expect(try #require(table.cut(maximum: 100)).steps.map(\.to) == [18])
    }
}

extension Table {
    /// Receives a chunk that is prepared.
    fileprivate func fill(_ partition: Int32, _ chunk: PreparedChunk) {
        if let ticket = receive(partition, chunk.records.map(\.offset)).ticket { prepared(ticket, chunk) }
    }
}

/// A breaker behind a reference: an expectation can't hold a call that changes a value.
private final class Watched {
    private var breaker: Breaker

    init(_ limits: Breaker.Limits, countsFrom: Int64 = 0) { breaker = Breaker(limits, countsFrom: countsFrom) }

    var limits: Breaker.Limits { breaker.limits }
    var deadLetters: Int { breaker.deadLetters }
    func observe(_ chunk: PreparedChunk) -> (index: Int, trip: Breaker.Trip)? { breaker.observe(chunk) }
    func refused() { breaker.refused() }
}
