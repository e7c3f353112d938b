import Persistence
import PostgresClient

/// What one check found.
struct CheckOutcome: Codable, Sendable, Equatable {
    var name: String
    /// Findings that break it.
    var failures: Int64
    /// Some of them.
    var examples: [String] = []

    static func check(_ name: String, _ failures: Int64, _ example: @autoclosure () -> String) -> CheckOutcome {
        CheckOutcome(name: name, failures: failures, examples: failures == 0 ? [] : [example()])
    }
}

/// The judgement over a run. All that knows the tables is behind these three calls.
enum Checking {
    /// Puts in place what must watch from the first record on. Once, after the migrations and before the workers.
    static func install(on connection: PostgresConnection) async throws(PostgresError) {
        try await ProgressAudit.install(on: connection)
    }

    /// What can be said while the workers run.
    static func audit(on connection: PostgresConnection) async throws(PostgresError) -> [CheckOutcome] {
        try await FarmChecker.history(on: connection).map(CheckOutcome.init)
    }

    /// What must hold once all is read and no worker runs any more.
    static func judge(
        on connection: PostgresConnection,
        expecting expectation: FarmExpectation
    ) async throws(PostgresError) -> [CheckOutcome] {
        let rows = try await FarmPulse.read(
            group: expectation.group,
            topic: expectation.topic,
            on: connection,
            timeout: .seconds(60)
        )
        var lost: Int64 = 0
        var twice: Int64 = 0
        for (partition, end) in expectation.ends {
            let records = rows.first { $0.partition == partition }?.records ?? 0
            lost += max(0, end - records)
            twice += max(0, records - end)
        }
        let outcomes: [CheckOutcome] = [
            .check("lost", lost, "\(lost) records had no effect"),
            .check("twice", twice, "\(twice) records were counted more than once"),
        ]
        return outcomes + (try await FarmChecker.run(on: connection, expecting: expectation)).map(CheckOutcome.init)
    }
}

extension CheckOutcome {
    fileprivate init(_ check: VerificationCheck) {
        self.init(name: check.name, failures: check.failures, examples: check.examples)
    }
}
