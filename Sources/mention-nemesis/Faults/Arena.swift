import EmbeddedServices
import Foundation
import KafkaClient
import PostgresClient

/// What faults act on.
struct Arena: Sendable {
    let broker: EmbeddedBroker
    let server: EmbeddedPostgres
    let crew: Crew
    let pulse: Pulse
    let poisoner: Poisoner
    let chronicle: Chronicle
    /// Things of which there is one: one fault at a time breaks them.
    let serverTurn = Turn()
    let claimTurn = Turn()
    let connectionsTurn = Turn()
    let brokerTurn = Turn()
    let brokerTimeTurn = Turn()

    /// How long a fault waits for the batch, the running worker or the server that it wants.
    static let patience = Duration.seconds(20)

    /// How often a fault that found nothing to break is tried. What is aimed at a claim needs a worker at work, and
    /// others who are left in peace until they have claimed: that comes when the heavy faults of a wave are over.
    private static func attempts(_ kind: FaultKind) -> Int { kind == .staleOwner ? 8 : 3 }
    /// When nothing is tried again any more, in seconds.
    let latest: Double

    /// What became of a fault.
    struct Outcome: Sendable {
        /// Whether it broke something.
        var happened = true
        /// Whether a batch was in flight where it struck.
        var inFlight = false
        var note: String?
        /// Of the batch of a stale owner: whether it was refused.
        var isFenced: Bool?

        static func missed(_ why: String) -> Outcome { Outcome(happened: false, note: why) }
    }

    /// Does a fault, and undoes it. Returns when both are done.
    func commit(_ planned: PlannedFault) async {
        let start = chronicle.now
        var outcome = await outcome(of: planned)
        // Other faults were in the way: that they are over comes sooner or later.
        let attempts = Self.attempts(planned.fault.kind)
        for _ in 1..<attempts where !outcome.happened && !Task.isCancelled && chronicle.now < latest {
            outcome = await self.outcome(of: planned)
        }
        chronicle.add(
            Chronicle.FaultEntry(
                number: planned.number,
                kind: planned.fault.kind,
                fault: planned.fault,
                start: start,
                end: chronicle.now,
                happened: outcome.happened,
                inFlight: outcome.happened && outcome.inFlight,
                isAlone: planned.isAlone,
                note: outcome.note,
                isFenced: outcome.isFenced
            )
        )
    }

    private func outcome(of planned: PlannedFault) async -> Outcome {
        let number = planned.number
        switch planned.fault {
        case .kill(let worker, let inBatch, let restartAfter):
            return await kill(place(worker), inBatch: inBatch, restartAfter: restartAfter, number)
        case .stop(let worker, let length): return await stop(place(worker), length, inBatch: false, number)
        case .stopInBatch(let worker, let length): return await stop(place(worker), length, inBatch: true, number)
        case .staleOwner(let worker, let patience): return await staleOwner(place(worker), patience)
        case .storm(let workers, let rounds, let stay): return await storm(workers, rounds, stay)
        case .terminateBackend(let worker): return await terminateBackend(place(worker))
        case .slowBatch(let worker, let length): return await slowBatch(place(worker), length)
        case .postgresCrash(let away): return await crash(away, number)
        case .databaseRefuse(let way, let length): return await refuse(way, length)
        case .databaseReadOnly(let length): return await readOnly(length)
        case .databaseDelay(let worker, let milliseconds, let length):
            return await delay(place(worker), milliseconds, length)
        case .databaseReset(let worker, let inBatch): return await reset(worker.map(place), inBatch: inBatch)
        case .databaseCut(let worker, let bytes, let answers):
            return await strike(place(worker), .cut(bytes: bytes, answers: answers))
        case .commitAnswerLost(let worker): return await strike(place(worker), .loseCommitAnswer)
        case .brokerLink(let worker, let trouble, let length): return await link(place(worker), trouble, length)
        case .brokerErrors(let request, let codes): return await errors(request, codes)
        case .brokerDown(let length): return await brokerDown(length)
        case .brokerSlow(let milliseconds, let length): return await brokerSlow(milliseconds, length)
        case .poison(let partition, let records): return await poison(partition, records)
        }
    }

    private func place(_ worker: Int) -> WorkerPlace { crew.places[worker % crew.places.count] }

    /// Whether any worker has a batch in flight.
    var hasBatch: Bool { (crew.places + crew.guests).contains { $0.database.hasBatch } }

    /// Lets time pass; when the run is broken off, none.
    func pause(_ seconds: Double) async { try? await Task.sleep(for: .seconds(seconds)) }

    /// Takes everything back that a fault may have left, and waits until PostgreSQL is there.
    func heal() async {
        crew.heal()
        try? await broker.setRoundTripTime(broker: -1, .zero)
        try? await broker.setUp(broker: -1)
        await poisoner.finish()
        await serverTurn.take { await restore() }
    }

    /// Asks the server again and again while other faults have it down; the last error when patience is over.
    func insist(_ body: () async throws(PostgresError) -> Void) async -> PostgresError? {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do throws(PostgresError) {
                try await body()
                return nil
            } catch {
                guard ContinuousClock.now < deadline, !Task.isCancelled else { return error }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// PostgreSQL runs and takes writes when this returns.
    func restore() async {
        for _ in 0..<60 {
            do {
                try await server.resume()
                try await server.setReadOnly(false)
                return
            } catch {
                // Perhaps no connection is free yet. Where the run is broken off, healing comes after this.
                guard !Task.isCancelled else { return }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }
}
