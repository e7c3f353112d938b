import MentionModel
@testable import Persistence
@testable import Pipeline
import PostgresClient
import Testing

/// Two workers that meet on one partition, as far as the database sees them.
private struct Meeting {
    let database: PostgresConnection
    let topic: Int32
    let model: Int16

    init(_ database: PostgresConnection) async throws {
        self.database = database
        try await ProgressAudit.install(on: database)
        let claims = Self.claims("nobody/0@0")
        topic = try await claims.topicNumber(on: database)
        model = try await claims.modelNumber(WritingShell.model, on: database)
    }

    static func claims(_ owner: String) -> PartitionClaims {
        PartitionClaims(group: WritingShell.group, topic: WritingShell.topic, owner: owner)
    }

    /// A worker's claim of partition 0; the partition begins at 0.
    @discardableResult
    func claim(_ owner: String) async throws -> Claim {
        let claims = Self.claims(owner)
        let found = try await claims.claim([0], topic: topic, writer: database.backendPID, on: database)
        try await claims.start(
            found.filter { !$0.isStarted }.map { (holding: $0.holding, at: 0) },
            cluster: nil,
            topic: topic,
            on: database
        )
        return try #require(found.first)
    }

    /// Writes as that worker, whole or with a protection taken out.
    func write(_ batch: Batch, as owner: String, _ mutation: Mutation?) async throws {
        try await database.execute(
            script: "SET application_name = 'mention-worker writer \(owner.split(separator: "/").last ?? "")'"
        )
        let identity = BatchWriter.Identity(group: WritingShell.group, topic: topic, model: model, slot: 0)
        let writer = Mutation.$current.withValue(mutation) { BatchWriter(identity) }
        _ = try await writer.write(batch, on: database, now: .writing(0))
    }

    /// The names of the checks that are red.
    func red(_ ends: Int64, new: Int64) async throws -> [String] {
        let expectation = FarmExpectation(
            group: WritingShell.group,
            topic: WritingShell.topic,
            ends: [0: ends],
            newMentions: new,
            revisions: 0,
            leastDeadLetters: 0
        )
        return try await FarmChecker.run(on: database, expecting: expectation).filter { !$0.passed }.map(\.name)
    }
}

extension DatabaseTests {
    /// The checks see what each protection prevents, and the guard alone prevents most of it.
    @Suite struct MutationTests {
        private static let records = (0..<8).map { MentionRecord.writing("id \($0)", text: "text \($0)").json }
        private static func batch(_ offsets: Range<Int>, epoch: Int64) -> Batch {
            .of(0, Int64(offsets.lowerBound), epoch: epoch, Array(records[offsets]))
        }

        private static func meet(_ body: (Meeting) async throws -> Void) async throws {
            try await TestDatabase.with { _, connection in
                try await connection.execute(script: ConnectionSetup.writer(synchronousCommit: false))
                try await body(Meeting(connection))
            }
        }

        @Test func undisturbedIsGreen() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                try await meeting.write(Self.batch(0..<4, epoch: 1), as: "a/1@1", nil)
                try await meeting.claim("b/2@2")
                try await meeting.write(Self.batch(4..<8, epoch: 2), as: "b/2@2", nil)
                #expect(try await meeting.red(8, new: 8) == [])
            }
        }

        @Test func whoHasLostAPartitionIsSeenToWrite() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                try await meeting.claim("b/2@2")
                let late = Self.batch(0..<8, epoch: 1)
                await #expect(throws: PostgresError.self) { try await meeting.write(late, as: "a/1@1", nil) }
                // The guard still compares the offset, which is right: only the history tells.
                try await meeting.write(late, as: "a/1@1", .epochDropped)
                #expect(try await meeting.red(8, new: 8) == ["history-owners"])
            }
        }

        @Test func whatKafkaSaysLeavesAGap() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                // Kafka was told 4; then the worker died with its batch.
                try await meeting.claim("b/2@2")
                try await Meeting.claims("b/2@2").move([0: 4], topic: meeting.topic, on: meeting.database)
                try await meeting.write(Self.batch(4..<8, epoch: 2), as: "b/2@2", .kafkaFirst)
                #expect(try await meeting.red(8, new: 8) == ["history-no-gap", "all-passed", "published"])
            }
        }

        @Test func aBlindResendHasTwoEffects() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                let batch = Self.batch(0..<8, epoch: 1)
                try await meeting.write(batch, as: "a/1@1", .blindResend)
                // The answer was lost, and nobody looks. A whole worker's guard refuses.
                await #expect(throws: PostgresError.self) { try await meeting.write(batch, as: "a/1@1", nil) }
                #expect(try await meeting.red(8, new: 8) == [])
                try await meeting.write(batch, as: "a/1@1", .blindResend)
                #expect(try await meeting.red(8, new: 8) == ["history-one-effect", "all-passed"])
            }
        }

        @Test func workKeptAcrossARevokeGoesBack() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                try await meeting.claim("b/2@2")
                try await meeting.write(Self.batch(0..<8, epoch: 2), as: "b/2@2", nil)
                let kept = Self.batch(0..<4, epoch: 1)
                await #expect(throws: PostgresError.self) { try await meeting.write(kept, as: "a/1@1", nil) }
                #expect(try await meeting.red(8, new: 8) == [])
                try await meeting.write(kept, as: "a/1@1", .keptWork)
                let red = try await meeting.red(8, new: 8)
                #expect(red.contains("history-forwards") && red.contains("all-passed"), "\(red)")
            }
        }

        /// Each check of the history has its own damage.
        @Test func aFallenEpochAndAVanishedRowAreSeen() async throws {
            try await Self.meet { meeting in
                try await meeting.claim("a/1@1")
                try await meeting.claim("a/1@1")
                try await meeting.write(Self.batch(0..<8, epoch: 2), as: "a/1@1", nil)
                try await meeting.database.execute(script: "UPDATE partition_progress SET epoch = 1")
                #expect(try await meeting.red(8, new: 8) == ["history-epochs"])
                try await meeting.database.execute(script: "DELETE FROM partition_progress")
                let red = try await meeting.red(8, new: 8)
                #expect(red.contains("history-forwards") && red.contains("published"), "\(red)")
            }
        }
    }
}
