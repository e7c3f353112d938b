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

/// What must be in the tables when all is read.
struct Expectation: Sendable {
    var group: String
    var topic: String
    /// The end of each partition.
    var ends: [Int32: Int64]
    /// Distinct mentions, and further bodies of them, by the manifests.
    var mentions: Int64
    var revisions: Int64
    /// Records that nobody can read, by the manifests and our own bursts. There may be more: a record whose
    /// acknowledgement was lost is sent again, and the embedded broker stores it twice.
    var deadLetters: Int64
}

/// The judgement over a run. All that knows the tables is behind these three calls.
enum Checking {
    /// Puts in place what must watch from the first record on. Once, after the migrations and before the workers.
    static func install(on connection: PostgresConnection) async throws(PostgresError) {}

    /// What can be said while the workers run.
    static func audit(on connection: PostgresConnection) async throws(PostgresError) -> [CheckOutcome] { [] }

    /// What must hold once all is read and no worker runs any more.
    static func judge(
        on connection: PostgresConnection,
        expecting expectation: Expectation
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
        func difference(_ name: String, _ found: Int64, _ expected: Int64) -> CheckOutcome {
            .check(name, abs(found - expected), "\(found), and \(expected) were expected")
        }
        func sum(_ count: (PartitionPulse) -> Int64) -> Int64 { rows.reduce(0) { $0 + count($1) } }
        let letters = sum(\.deadLetters)
        var outcomes: [CheckOutcome] = [
            .check("lost", lost, "\(lost) records had no effect"),
            .check("twice", twice, "\(twice) records were counted more than once"),
            difference("new mentions", sum(\.newMentions), expectation.mentions),
            difference("revisions", sum(\.revisions), expectation.revisions),
            .check(
                "dead letters",
                max(0, expectation.deadLetters - letters),
                "\(letters), and \(expectation.deadLetters) were expected at least"
            ),
        ]
        for check in try await Verifier.run(on: connection) {
            outcomes.append(CheckOutcome(name: check.name, failures: check.failures, examples: check.examples))
        }
        return outcomes
    }
}
