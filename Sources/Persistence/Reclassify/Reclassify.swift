public import Classification
internal import Pipeline
public import PostgresClient

/// Gives stored mentions the verdict of another model than the one that judged them; ledger, hourly sums and the
/// background step follow in the same transactions. Workers go on meanwhile.
///
/// It walks the mentions by number, batch by batch, a transaction each, and looks only at those that another model has
/// judged. A place in the table `reclassify` moves in those transactions: a run that was killed is gone on with by the
/// next one of the same model and choice. What comes of it is what workers with that model would have written.
public struct Reclassify: Sendable {
    /// Which mentions.
    public struct Choice: Sendable, Equatable {
        /// Only those of this brand.
        public var brand: String?
        /// Only those published at or after this, in microseconds since the Unix epoch.
        public var since: Int64?

        /// All mentions, unless told otherwise.
        public init(brand: String? = nil, since: Int64? = nil) {
            self.brand = brand
            self.since = since
        }
    }

    /// What a run did so far. Where the connection is lost, the caller gives it to the run on the next one.
    public struct Progress: Sendable, Equatable {
        /// Mentions up to this number were looked at, by this run or the one it goes on with.
        public internal(set) var reached: Int64 = 0
        /// The mention number at which the run ends.
        public internal(set) var goal: Int64 = 0
        /// Mentions of other models that this run gave the model's verdict.
        public internal(set) var examined: Int64 = 0
        /// Of those, the mentions of which something changed besides the model's name.
        public internal(set) var changed: Int64 = 0
        /// What the stored place counts beyond this run.
        var before: (examined: Int64, changed: Int64)?

        /// At the beginning.
        public init() {}

        /// Whether both tell the same.
        public static func == (left: Progress, right: Progress) -> Bool {
            (left.reached, left.goal, left.examined, left.changed)
                == (right.reached, right.goal, right.examined, right.changed)
        }
    }

    /// How a run ended.
    public enum End: Sendable, Equatable {
        /// It came to the end of the mentions.
        case finished
        /// It did as many as it was to.
        case limit
        /// It was told to stop.
        case stopped
    }

    /// Another run is at work.
    public struct Busy: Error, Sendable, CustomStringConvertible {
        /// The server process of the other run.
        public var backend: Int32?

        /// With the remedy.
        public var description: String {
            let session = backend.map { " (server process \($0))" } ?? ""
            return "another mention-admin reclassify is at work\(session): wait until it has ended, or stop it"
        }
    }

    /// There is no such brand.
    public struct UnknownBrand: Error, Sendable, CustomStringConvertible {
        /// With the remedy.
        public var description: String { "there is no brand of that name: see mention-admin brands list" }
    }

    /// Attempts at a transaction that fails for a reason that passes, such as a deadlock.
    private static let attempts = 5

    let classifier: any Classifier
    let choice: Choice
    let batch: Int32
    let limit: Int64
    /// How long another run is waited for.
    var patience = Duration.seconds(5)

    /// Makes a run.
    ///
    /// - Parameters:
    ///   - classifier: gives the verdicts.
    ///   - choice: which mentions.
    ///   - batch: mentions of one transaction, 1…20,000.
    ///   - limit: at most so many mentions.
    public init(classifier: any Classifier, choice: Choice = Choice(), batch: Int = 2_000, limit: Int64 = .max) {
        self.classifier = classifier
        self.choice = choice
        self.batch = Int32(min(max(batch, 1), 20_000))
        self.limit = limit
    }

    /// Runs to the last mention number that was taken when it began, to its limit, or until it is told to stop.
    ///
    /// - Parameters:
    ///   - progress: what was done; a run on another connection goes on with it.
    ///   - connection: nothing else may use it meanwhile; it keeps the settings of ``ConnectionSetup/redrive``, and a
    ///     lock that ends with it or with the run.
    ///   - goesOn: told of each batch once it is durable; says whether to go on with the next.
    /// - Throws: ``Busy``, ``UnknownBrand``, `PostgresError` or `CancellationError`. What was reported is done.
    public func run(
        _ progress: inout Progress,
        on connection: PostgresConnection,
        goesOn: (Progress) -> Bool = { _ in true }
    ) async throws -> End {
        try await connection.execute("set up", script: ConnectionSetup.redrive)
        try await ReclassifySQL.lock(connection, patience: patience)
        let end: End
        do {
            end = try await walk(&progress, on: connection, goesOn)
        } catch {
            // Fails only where the connection is gone, and the lock with it.
            try? await ReclassifySQL.unlock(connection)
            throw error
        }
        try await ReclassifySQL.unlock(connection)
        return end
    }

    private func walk(
        _ progress: inout Progress,
        on connection: PostgresConnection,
        _ goesOn: (Progress) -> Bool
    ) async throws -> End {
        let place = try await ReclassifySQL.begin(classifier.modelVersion, choice, on: connection)
        // Of a batch whose commit was not answered only the stored place knows.
        let before = progress.before ?? (place.examined, place.changed)
        progress.before = before
        progress.reached = place.after
        progress.goal = place.goal
        progress.examined = max(progress.examined, place.examined - before.examined)
        progress.changed = max(progress.changed, place.changed - before.changed)
        let triage = try await TriagePolicy.load(publishes: true, on: connection)
        var step = ReclassifyStep(reclassify: self, place: place, connection: connection, triage: triage)
        while progress.reached < progress.goal {
            try Task.checkCancellation()
            guard progress.examined < limit else { return .limit }
            let most = Int32(min(Int64(batch), limit - progress.examined))
            let done = try await attempt(&step, after: progress.reached, most: most)
            progress.reached = done.reached
            progress.examined += done.examined
            progress.changed += done.changed
            guard goesOn(progress) || progress.reached >= progress.goal else { return .stopped }
        }
        try await ReclassifySQL.finish(place, on: connection)
        return .finished
    }

    /// One batch; again where it failed for a reason that passes and is certainly undone.
    private func attempt(
        _ step: inout ReclassifyStep,
        after: Int64,
        most: Int32
    ) async throws -> ReclassifyStep.Done {
        var backoff = Backoff(seed: UInt64(bitPattern: after))
        for _ in 1..<Self.attempts {
            do throws(PostgresError) {
                return try await step.take(after: after, most: most)
            } catch {
                let passes = error.failureClass == .transient && error.sqlState != nil
                guard passes, await step.connection.isUsable else { throw error }
            }
            try await Task.sleep(for: backoff.next())
        }
        return try await step.take(after: after, most: most)
    }

    /// The models that judged chosen mentions other than this one's, with how many; the most mentions first. Reads all
    /// mentions: a second for each million.
    public func others(
        on connection: PostgresConnection
    ) async throws(PostgresError) -> [(version: String, count: Int64)] {
        try await ReclassifySQL.others(classifier.modelVersion, choice, on: connection)
    }
}
