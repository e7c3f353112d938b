import BrandMatching
public import Classification
import Fingerprinting
import KafkaClient
import MentionModel
public import Persistence
import Pipeline
public import PostgresClient

/// Makes mentions of dead letters, as a worker makes them of records: for ``Persistence/DeadLetterRedrive``.
///
/// Where only the head of a record was kept, the record is read again from Kafka and compared with what was stored.
/// Such a record and one that an operator has edited may be of any size: the limit protects workers.
public actor LetterPreparation {
    private let preparer: Preparer
    private let originals: OriginalRecords?
    private var matcher: BrandMatcher?
    /// Why Kafka is not asked any more: it did not answer, or refused us.
    private var kafkaFailure: String?

    /// - Parameter originals: reads records again; nil where no Kafka is known.
    public init(classifier: any Classifier, originals: OriginalRecords?) {
        preparer = Preparer(classifier: classifier)
        self.originals = originals
    }

    /// Prepares letters, with the brands in force now.
    public func prepare(
        _ letters: [DeadLetterRedrive.Letter],
        on connection: PostgresConnection
    ) async throws -> [DeadLetterRedrive.Preparation] {
        let matcher = try await currentMatcher(on: connection)
        var prepared: [DeadLetterRedrive.Preparation] = []
        for letter in letters {
            guard !letter.isEdited, !letter.row.isWhole else {
                prepared.append(await decode(letter.payload, of: letter, matcher, isLimited: !letter.isEdited))
                continue
            }
            switch await original(of: letter.row) {
            case .success(let payload):
                prepared.append(await decode(payload, of: letter, matcher, isLimited: false))
            case .failure(let missing):
                prepared.append(.unavailable(missing.sentence))
            }
        }
        return prepared
    }

    private func currentMatcher(on connection: PostgresConnection) async throws -> BrandMatcher {
        if let fresh = try await BrandRefresh.load(newerThan: matcher?.version, on: connection) { matcher = fresh }
        return matcher ?? BrandMatcher([], version: 0)
    }

    private func decode(
        _ payload: [UInt8]?,
        of letter: DeadLetterRedrive.Letter,
        _ matcher: BrandMatcher,
        isLimited: Bool
    ) async -> DeadLetterRedrive.Preparation {
        let record = Record(
            offset: letter.row.offset,
            timestampMilliseconds: letter.row.recordTimestamp.map { $0 / 1_000 } ?? -1,
            key: nil,
            value: payload.map { $0.indices }
        )
        let batch = RecordBatch(
            partition: TopicPartition(letter.row.topic, letter.row.partition),
            bytes: payload ?? [],
            records: [record]
        )
        let chunk = await preparer.prepare(
            batch,
            from: 0,
            matcher: matcher,
            maximumBytes: isLimited ? MentionDecoder.maximumRecordBytes : .max
        )
        switch chunk.records[0].outcome {
        case .mention: return .mention(chunk)
        case .rejected(let rejection): return .rejected(rejection)
        }
    }

    // MARK: The original

    private struct Missing: Error {
        var sentence: String
    }

    private func original(of row: DeadLetterRow) async -> Result<[UInt8]?, Missing> {
        let place = "only the head of the record was kept; \(row.topic)/\(row.partition) at offset \(row.offset)"
        guard let originals else {
            return .failure(Missing(sentence: "\(place) can be read again with --kafka-bootstrap-servers"))
        }
        if let kafkaFailure { return .failure(Missing(sentence: "\(place) was not read again: \(kafkaFailure)")) }
        do throws(KafkaError) {
            switch try await originals.read(TopicPartition(row.topic, row.partition), offset: row.offset) {
            case .gone(let why):
                return .failure(Missing(sentence: "\(place) can't be read again: \(why)"))
            case .record(let payload):
                let bytes = payload ?? []
                guard Int64(bytes.count) == row.payloadBytes, SHA256.hash(bytes.span) == row.payloadSHA256 else {
                    return .failure(
                        Missing(sentence: "\(place) holds another record now: length or SHA-256 differ")
                    )
                }
                return .success(bytes)
            }
        } catch {
            // The next letter would wait as long as this one.
            kafkaFailure = "Kafka: \(error.detail)"
            return .failure(Missing(sentence: "\(place) was not read again: Kafka: \(error.detail)"))
        }
    }
}
