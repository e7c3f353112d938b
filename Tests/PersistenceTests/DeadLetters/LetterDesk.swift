import MentionModel
@testable import Persistence
import Pipeline
import PostgresClient
import Testing

/// A desk whose worker was too strict: it turns good records into dead letters that can be redriven.
struct LetterDesk {
    let desk: WritingDesk
    let connection: PostgresConnection
    static let tooStrict = Rejection(.badField, "too strict")

    init(_ connection: PostgresConnection) async throws {
        self.connection = connection
        desk = try await WritingDesk(connection, partitions: WritingStream.partitions)
    }

    /// Writes records of one partition as dead letters.
    func refuse(_ partition: Int32, _ offset: Int64, _ payloads: [[UInt8]?]) async throws {
        try await desk.write(Batch.of(partition, offset, payloads).refusing(Self.tooStrict))
    }

    /// A redrive as tests make it.
    static func redrive(edit: [UInt8]? = nil, isRehearsal: Bool = false, by: String = "tester") -> DeadLetterRedrive {
        DeadLetterRedrive(by: by, modelVersion: WritingShell.model, edit: edit, isRehearsal: isRehearsal) {
            .writing(0)
        }
    }

    /// The tables, with the dead letters that nobody has redriven.
    static func tablesWithoutRedriven(_ connection: PostgresConnection) async throws -> WritingTables {
        var tables = try await WritingTables.read(connection)
        tables.deadLetters.removeAll { $0.hasSuffix("|redriven") }
        return tables
    }

    /// What a preparer does with letters, without a classifier.
    static func prepare(_ letters: [DeadLetterRedrive.Letter]) -> [DeadLetterRedrive.Preparation] {
        letters.map { letter in
            guard letter.isEdited || letter.row.isWhole else { return .unavailable("only the head was kept") }
            let record = WritingRecord(
                partition: letter.row.partition,
                offset: letter.row.offset,
                payload: letter.payload
            )
            let chunk = WritingPreparation.chunk([record])
            switch chunk.records[0].outcome {
            case .mention: return .mention(chunk)
            case .rejected(let rejection): return .rejected(rejection)
            }
        }
    }
}

extension DeadLetterRedrive {
    /// Runs it and returns what became of each letter, by id.
    @discardableResult
    func outcomes(
        _ selection: DeadLetterSelection = DeadLetterSelection(),
        limit: Int64 = .max,
        on connection: PostgresConnection,
        prepare: Prepare = { LetterDesk.prepare($0) }
    ) async throws -> (totals: Totals, became: [Int64: Became]) {
        var became: [Int64: Became] = [:]
        let totals = try await run(selection, limit: limit, on: connection, prepare: prepare) { results in
            for result in results {
                #expect(became.updateValue(result.became, forKey: result.row.id) == nil)
            }
            return true
        }
        return (totals, became)
    }
}
