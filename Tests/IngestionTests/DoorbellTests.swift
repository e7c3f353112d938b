@testable import Ingestion
import Testing

@Suite struct DoorbellTests {
    @Test func aRingBeforeTheWaitIsKept() async {
        let bell = Doorbell()
        bell.ring()
        #expect(await bell.wait())
    }

    @Test func ringsBetweenTwoWaitsAreOne() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        #expect(await bell.wait())
        #expect(await bell.wait(atMost: .milliseconds(1)) == false)
    }

    @Test func aRingWakesTheWaiter() async {
        let bell = Doorbell()
        for _ in 0..<500 {
            async let woken = bell.wait()
            bell.ring()
            #expect(await woken)
        }
    }

    @Test func closingEndsAllWaits() async {
        let bell = Doorbell()
        async let woken = bell.wait()
        bell.close()
        #expect(await woken == false)
        #expect(await bell.wait() == false)
        bell.ring()
        #expect(await bell.wait() == false)
        #expect(await bell.wait(atMost: .seconds(60)) == false)
    }

    @Test func cancellationEndsTheWaitAndLosesNoRing() async {
        for _ in 0..<500 {
            let bell = Doorbell()
            let answer = await withTaskGroup(of: Bool.self) { group in
                group.addTask { await bell.wait() }
                group.cancelAll()
                return await group.next()
            }
            #expect(answer == false)
            bell.ring()
            #expect(await bell.wait())
        }
    }

    @Test func aSecondWaiterSendsTheFirstHome() async {
        let bell = Doorbell()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await bell.wait() }
            group.addTask { await bell.wait() }
            #expect(await group.next() == false)
            bell.ring()
            #expect(await group.next() == true)
        }
    }

    @Test func aWaitHasAnEnd() async {
        let bell = Doorbell()
        #expect(await bell.wait(atMost: .milliseconds(1)) == false)
        bell.ring()
        #expect(await bell.wait(atMost: .seconds(60)))
    }

    /// Rings that come together with the end of a wait: heard by that wait or kept for the next.
    @Test func aRingAtTheLastMomentIsNotLost() async {
        let bell = Doorbell()
        for turn in 0..<2_000 {
            let heard = await withTaskGroup(of: Bool?.self) { group in
                group.addTask { await bell.wait(atMost: .microseconds(turn % 200)) }
                group.addTask {
                    for _ in 0..<turn % 40 { await Task.yield() }
                    bell.ring()
                    return nil
                }
                var heard = false
                for await answer in group { heard = heard || answer == true }
                return heard
            }
            if !heard {
                let isKept = await bell.wait(atMost: .seconds(20))
                #expect(isKept, "turn \(turn)")
                if !isKept { return }
            }
        }
    }
}
