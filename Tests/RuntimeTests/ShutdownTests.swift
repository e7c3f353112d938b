import Testing

@testable import Runtime

@Suite struct OneShotEvents {
    @Test func everyWaiterIsReleasedOnce() async {
        let event = OneShotEvent()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await event.wait() } }
            group.addTask { event.fire() }
            await group.waitForAll()
        }
        #expect(event.hasFired)
        event.fire()
        await event.wait()
    }

    @Test func cancellationEndsTheWait() async {
        let event = OneShotEvent()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await event.wait() }
            group.cancelAll()
            await group.waitForAll()
        }
        #expect(!event.hasFired)
    }
}
