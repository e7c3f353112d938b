@testable import Ingestion
import Testing

@Suite struct AbsenceTests {
    private let start = ContinuousClock.now

    @Test func asksEveryFiveSecondsWhileAway() {
        let away = Watched()
        #expect(!away.isDue(at: start))
        away.began(at: start)
        away.began(at: start + .seconds(3))
        #expect(away.since == start)
        #expect(!away.isDue(at: start + .seconds(4)))
        #expect(away.isDue(at: start + .seconds(5)))
        #expect(!away.isDue(at: start + .seconds(9)))
        #expect(away.isDue(at: start + .seconds(10)))
    }

    @Test func asksSoonerAfterAHintButNotAllTheTime() {
        let away = Watched()
        away.began(at: start)
        away.hint()
        #expect(!away.isDue(at: start + .milliseconds(900)))
        #expect(away.isDue(at: start + .seconds(1)))
        away.hint()
        #expect(!away.isDue(at: start + .milliseconds(1_900)))
        #expect(away.isDue(at: start + .seconds(2)))
        #expect(!away.isDue(at: start + .seconds(6)))
    }
}

/// An absence behind a reference: an expectation can't hold a call that changes a value.
private final class Watched {
    private var absence = Absence()

    var since: ContinuousClock.Instant? { absence.since }
    func began(at now: ContinuousClock.Instant) { absence.began(at: now) }
    func hint() { absence.hint() }
    func isDue(at now: ContinuousClock.Instant) -> Bool { absence.isDue(at: now) }
}
