import Logging
import Persistence
import PostgresClient
import Synchronization

/// The triage policy in force. A batch takes it once: it changes from one batch to the next.
final class TriageBox: Sendable {
    private let policy: Mutex<TriagePolicy>

    init(_ policy: TriagePolicy) { self.policy = Mutex(policy) }

    var current: TriagePolicy { policy.withLock { $0 } }

    func replace(with new: TriagePolicy) { policy.withLock { $0 = new } }
}

/// Looks for new triage rules, and for other names and accounts of brands, every few seconds. Gives back claims that
/// ran out while it is there.
struct TriageRefresh {
    let context: WorkerContext
    let interval: Duration

    /// Runs until the task is cancelled.
    func run() async throws {
        var refused: Int32?
        var expiresAt = ContinuousClock.now
        while true {
            try await Task.sleep(for: interval)
            let known = context.triage.current
            let loaded = try await context.control.perform { connection throws(PostgresError) in
                try await Self.load(newerThan: known, publishes: known.publishes, on: connection)
            }
            switch loaded {
            case .success(nil): break
            case .success(let policy?):
                context.triage.replace(with: policy)
                refused = nil
                context.logger.info("triage rules read", metadata: ["version": "\(policy.version)"])
            case .failure(let unusable):
                // Said once: those at hand stay in force.
                if refused != unusable.version { context.logger.error("\(unusable)") }
                refused = unusable.version
            }
            if ContinuousClock.now >= expiresAt {
                expiresAt = .now + .seconds(30)
                try await context.control.perform { connection throws(PostgresError) in
                    try await Outbox.expireClaims(on: connection)
                }
            }
        }
    }

    /// What is in force; nil when it is still `known`.
    static func load(
        newerThan known: TriagePolicy?,
        publishes: Bool,
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Result<TriagePolicy?, TriagePolicy.Unusable> {
        do {
            return .success(try await TriagePolicy.load(newerThan: known, publishes: publishes, on: connection))
        } catch let unusable as TriagePolicy.Unusable {
            return .failure(unusable)
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(kind: .protocolViolation, message: "\(error)", statement: "read triage rules")
        }
    }
}
