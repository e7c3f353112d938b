public import MentionModel
public import PostgresClient

/// Does at once what the background step does for what escapes it: relates all that is committed, looks through all
/// that is related for near copies that no index saw, and folds what it finds.
///
/// Workers may run meanwhile. Where one of them does the background step, that one is waited for.
public struct Reconcile: Sendable {
    /// What it is about.
    public enum Progress: Sendable, Equatable {
        /// Mentions (about so many), changes of mentions and pairs are to be related, by the one who holds the lease.
        case relating(numbers: Int64, revisions: Int64, pairs: Int64, holder: String?)
        /// Texts are compared.
        case comparing(Reconciliation.Outcome)
    }

    /// What is to be related does not become less: another does the background step, or batches stay open.
    public struct Stalled: Error, Sendable, CustomStringConvertible {
        /// Who held the lease.
        public var holder: String?
        /// For how long nothing had happened.
        public var patience: Duration

        /// What to do about it.
        public var description: String {
            let who = holder.map { "held by \($0)" } ?? "held by nobody"
            return """
                nothing was related for \(patience) (the lease of the background step is \(who)): look whether that worker \
                or a batch stands still, with mention-admin status; then run reconcile again
                """
        }
    }

    /// Who it is, unique among those who do the background step.
    public let owner: String
    /// Bytes of memory, for the index of the background step and for comparing.
    public let memory: Int
    /// When mentions were published that are looked through; nil for all.
    public let time: ClosedRange<Timestamp>?
    /// How long it waits for others without any progress.
    public let patience: Duration

    /// Makes one.
    public init(owner: String, memory: Int, time: ClosedRange<Timestamp>? = nil, patience: Duration = .seconds(60)) {
        self.owner = owner
        self.memory = memory
        self.time = time
        self.patience = patience
    }

    /// Says which pairs would be joined, and changes nothing. What is not related yet is not looked at.
    public func rehearse(
        on connection: PostgresConnection,
        goesOn: (Progress) -> Bool = { _ in true },
        pairs: @escaping ([Reconciliation.EscapedPair]) -> Void
    ) async throws -> Reconciliation.Outcome {
        let setting = try await CopySetting.read(connection)
        return try await Reconciliation(scheme: setting.scheme, memory: memory).run(
            over: time,
            on: connection,
            timeout: Self.timeout,
            rehearse: pairs,
            goesOn: { goesOn(.comparing($0)) }
        )
    }

    /// How many mentions are not related yet, about.
    public func unrelated(on connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        try await RelatedMark.take(on: connection).left(on: connection).numbers
    }

    /// Does it. May be run again at any time, also after it was killed: what it has found is kept.
    ///
    /// - Parameter goesOn: is told about the progress some times a second, and says whether to go on.
    /// - Throws: ``Stalled``, and `PostgresError`.
    public func run(
        on connection: PostgresConnection,
        goesOn: (Progress) -> Bool = { _ in true }
    ) async throws -> Reconciliation.Outcome {
        let relating = Relating(owner: owner, copyMemory: memory)
        var outcome = Reconciliation.Outcome()
        do {
            outcome.isStopped = try await !relate(relating, connection, goesOn)
            // Workers need not wait for the long part.
            try await relating.release(on: connection)
            if outcome.isStopped { return outcome }
            let setting = try await CopySetting.read(connection)
            outcome = try await Reconciliation(scheme: setting.scheme, memory: memory).run(
                over: time,
                on: connection,
                timeout: Self.timeout,
                goesOn: { goesOn(.comparing($0)) }
            )
            if outcome.isStopped { return outcome }
            outcome.isStopped = try await !relate(relating, connection, goesOn)
        } catch {
            // Fails only with the connection; the lease then ends with it.
            try? await relating.release(on: connection)
            throw error
        }
        try await relating.release(on: connection)
        return outcome
    }

    private static let timeout = Duration.seconds(3_600)

    /// Until all that is committed now is related; false where it was stopped.
    private func relate(
        _ relating: Relating,
        _ connection: PostgresConnection,
        _ goesOn: (Progress) -> Bool
    ) async throws -> Bool {
        let mark = try await RelatedMark.take(on: connection)
        var before: RelatedMark.Left?
        var movedAt = ContinuousClock.now
        while true {
            let left = try await mark.left(on: connection)
            if left.isNothing { return true }
            let progress = Progress.relating(
                numbers: left.numbers,
                revisions: left.revisions,
                pairs: left.pairs,
                holder: left.holder
            )
            guard goesOn(progress) else { return false }
            switch try await relating.step(on: connection, timeout: Self.timeout) {
            case .working, .reached, .reconciled: movedAt = .now
            case .waiting, .idle, .heldByAnother:
                if left != before { movedAt = .now }
                guard .now - movedAt < patience else { throw Stalled(holder: left.holder, patience: patience) }
                try await Task.sleep(for: .milliseconds(100))
            }
            before = left
        }
    }
}
