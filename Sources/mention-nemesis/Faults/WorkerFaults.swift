import Foundation

/// Faults of the workers' processes.
extension Arena {
    /// Kills a worker, and starts another in its place.
    func kill(_ place: WorkerPlace, inBatch: Bool, restartAfter: Double, _ number: Int) async -> Outcome {
        guard let process = await runningWorker(place) else { return .missed("no worker was running") }
        let hit = inBatch ? await place.database.strike(.hold, within: Self.patience) : nil
        let inFlight = hit != nil || place.database.hasBatch
        guard let id = process.processID, !process.isExpectedToEnd else {
            place.database.release()
            return .missed("another fault had ended it")
        }
        process.expectEnd()
        process.signal(SIGKILL)
        await pulse.lost(process: id, fault: number, at: chronicle.now)
        _ = await process.waitForEnd(within: .seconds(10))
        place.database.release(dropping: true)
        await pause(restartAfter)
        crew.start(at: place)
        return Outcome(inFlight: inFlight)
    }

    /// Stops a worker and lets it go on: as a machine does that swaps, or is moved while it runs.
    func stop(_ place: WorkerPlace, _ length: Double, inBatch: Bool, _ number: Int) async -> Outcome {
        guard let process = await runningWorker(place) else { return .missed("no worker was running") }
        var hit: FaultProxy.Hit?
        if inBatch {
            hit = await place.database.strike(.hold, within: Self.patience)
            if hit == nil { return .missed("no batch came by") }
        }
        let inFlight = hit != nil || place.database.hasBatch
        guard let id = process.processID, process.signal(SIGSTOP) else {
            place.database.release()
            return .missed("another fault had ended it")
        }
        await pulse.lost(process: id, fault: number, at: chronicle.now)
        await pause(length)
        // What it had sent was on its way all the time: it arrives before the worker moves again.
        if hit != nil { place.database.release() }
        process.signal(SIGCONT)
        return Outcome(inFlight: inFlight)
    }

    /// Lets workers join and leave again, one round after the other.
    func storm(_ workers: Int, _ rounds: Int, _ stay: Double) async -> Outcome {
        let inFlight = hasBatch
        let guests = crew.guests.prefix(workers)
        for _ in 0..<rounds {
            let processes = guests.map { crew.start(at: $0) }
            for process in processes { process.expectEnd() }
            await pause(stay)
            for process in processes { process.signal(SIGTERM) }
            for process in processes where await process.waitForEnd(within: .seconds(12)) == nil {
                // A drain ends within ten seconds; one that the other faults hold up longer is cut short.
                process.kill()
            }
        }
        return Outcome(inFlight: inFlight)
    }

    /// Holds a batch up for so long that its worker is late with everything.
    func slowBatch(_ place: WorkerPlace, _ length: Double) async -> Outcome {
        guard await place.database.strike(.hold, within: Self.patience) != nil else {
            return .missed("no batch came by")
        }
        await pause(length)
        place.database.release()
        return Outcome(inFlight: true)
    }

    /// The process at a place, as soon as one runs that nobody is about to end.
    func runningWorker(_ place: WorkerPlace) async -> ChildProcess? {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline, !Task.isCancelled {
            if let process = place.process, process.processID != nil, !process.isExpectedToEnd { return process }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }
}
