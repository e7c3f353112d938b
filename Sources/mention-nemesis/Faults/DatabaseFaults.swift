import PostgresClient

/// Faults of PostgreSQL and of the way to it.
extension Arena {
    /// Ends the server as a crash would, and starts it again.
    func crash(_ away: Double, _ number: Int) async -> Outcome {
        await serverTurn.take {
            let inFlight = hasBatch
            await server.halt(.immediate)
            await pause(away)
            await restore()
            await pulse.databaseIsBack(fault: number, at: chronicle.now)
            return Outcome(inFlight: inFlight)
        }
    }

    /// Ends the backend of a batch that has its locks.
    func terminateBackend(_ place: WorkerPlace) async -> Outcome {
        guard let hit = await place.database.strike(.hold, within: Self.patience) else {
            return .missed("no batch came by")
        }
        defer { place.database.release() }
        guard let backend = hit.backend else { return .missed("the backend is not known") }
        do throws(PostgresError) {
            let existed = try await server.terminate(backend: backend)
            return existed ? Outcome(inFlight: true) : .missed("another fault had ended it")
        } catch {
            return .missed("\(error)")
        }
    }

    /// Does something to the next batch of a worker.
    func strike(_ place: WorkerPlace, _ strike: FaultProxy.Strike) async -> Outcome {
        guard let hit = await place.database.strike(strike, within: Self.patience) else {
            return .missed("no batch came by")
        }
        return Outcome(inFlight: hit.inBatch)
    }

    /// Resets the connections of one worker, or of all.
    func reset(_ place: WorkerPlace?, inBatch: Bool) async -> Outcome {
        if let place, inBatch, await place.database.strike(.reset, within: Self.patience) != nil {
            return Outcome(inFlight: true)
        }
        let places = place.map { [$0] } ?? crew.places
        let inFlight = places.contains { $0.database.hasBatch }
        for place in places { place.database.reset() }
        return Outcome(inFlight: inFlight)
    }

    /// Makes the way to the database a long one.
    func delay(_ place: WorkerPlace, _ milliseconds: Int, _ length: Double) async -> Outcome {
        await place.databaseTurn.take {
            let inFlight = place.database.hasBatch
            place.database.delay(.milliseconds(milliseconds))
            await pause(length)
            place.database.delay(.zero)
            return Outcome(inFlight: inFlight)
        }
    }

    /// Lets nobody in: with the port closed, or with every connection taken.
    func refuse(_ way: Fault.Refusal, _ length: Double) async -> Outcome {
        await connectionsTurn.take {
            let inFlight = hasBatch
            let places = crew.places + crew.guests
            switch way {
            case .closedPort:
                for place in places { place.database.refuse(true) }
                await pause(length)
                for place in places { place.database.refuse(false) }
                return Outcome(inFlight: inFlight)
            case .noConnectionLeft:
                let taken = await takeConnections(resetting: places, for: length)
                guard taken > 0 else { return .missed("the server was away all the time") }
                return Outcome(inFlight: inFlight, note: "\(taken) connections taken")
            }
        }
    }

    /// Takes connections until there are none, ends those of the workers, takes what that has freed, and keeps all for
    /// a while. Returns how many it had.
    private func takeConnections(resetting places: [WorkerPlace], for length: Double) async -> Int {
        let target = PostgresTarget(url: server.url)
        _ = await insist { () throws(PostgresError) in
            let connection = try await PostgresConnection.connect(
                target,
                applicationName: "mention-nemesis crowd",
                timeout: .seconds(2)
            )
            await connection.close()
        }
        let end = ContinuousClock.now + .seconds(length)
        var connections: [PostgresConnection] = []
        var hasReset = false
        while ContinuousClock.now < end, !Task.isCancelled, connections.count < 200 {
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(
                    target,
                    applicationName: "mention-nemesis crowd",
                    timeout: .seconds(2)
                )
                connections.append(connection)
            } catch {
                // None left, or no server: the workers' own come free now.
                if !hasReset { for place in places { place.database.reset() } }
                hasReset = true
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        for connection in connections { await connection.close() }
        return connections.count
    }

    /// Lets the server take no writes for a while.
    func readOnly(_ length: Double) async -> Outcome {
        await connectionsTurn.take {
            let failure = await insist { () throws(PostgresError) in try await server.setReadOnly(true) }
            if let failure { return .missed("\(failure)") }
            let inFlight = hasBatch
            await pause(length)
            let kept = await insist { () throws(PostgresError) in try await server.setReadOnly(false) }
            return Outcome(inFlight: inFlight, note: kept.map { "taken back at the end: \($0)" })
        }
    }
}
