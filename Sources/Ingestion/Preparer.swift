import BrandMatching
import Classification
import Fingerprinting
import KafkaClient
import MentionModel
import Persistence
import Pipeline

/// Makes mentions of records: decode, match brands, classify, fingerprint. Pure but for its scratch memory, which it
/// keeps from one chunk to the next; a worker has as many of these as it prepares chunks side by side.
actor Preparer {
    private var decoder = MentionDecoder()
    private var fingerprinter = Fingerprinter()
    private var scratch = MatchScratch()
    private var reading = ClassifierScratch()
    private let classifier: any Classifier

    init(classifier: any Classifier) {
        self.classifier = classifier
    }

    /// Prepares the records of a batch from index `start` on, in order.
    func prepare(
        _ batch: RecordBatch,
        from start: Int,
        matcher: BrandMatcher,
        maximumBytes: Int = MentionDecoder.maximumRecordBytes
    ) -> PreparedChunk {
        let count = batch.records.count - start
        var records: [PreparedRecord] = []
        var mentions: [PreparedMention] = []
        records.reserveCapacity(count)
        mentions.reserveCapacity(count)
        var arena = ByteArena(capacity: batch.bytes.count)
        for record in batch.records[start...] {
            let outcome: PreparedRecord.Outcome
            do throws(Rejection) {
                let event = try decode(record, in: batch.bytes, into: &arena, maximumBytes)
                outcome = .mention(mentions.count)
                mentions.append(judge(event, in: arena, matcher: matcher))
            } catch {
                outcome = .rejected(error)
            }
            records.append(
                PreparedRecord(
                    offset: record.offset,
                    timestamp: record.timestampMilliseconds,
                    payload: record.value,
                    outcome: outcome
                )
            )
        }
        return PreparedChunk(records: records, mentions: mentions, arena: arena, payloads: batch.bytes)
    }

    private func decode(
        _ record: Record,
        in bytes: [UInt8],
        into arena: inout ByteArena,
        _ maximumBytes: Int
    ) throws(Rejection) -> MentionEvent {
        let timestamp =
            record.timestampMilliseconds < 0 ? nil : Timestamp(milliseconds: record.timestampMilliseconds)
        guard let range = record.value else {
            return try decoder.decode(nil, recordTimestamp: timestamp, into: &arena)
        }
        return try decoder.decode(
            bytes.span.extracting(range),
            recordTimestamp: timestamp,
            into: &arena,
            maximumBytes: maximumBytes
        )
    }

    private func judge(_ event: MentionEvent, in arena: ByteArena, matcher: BrandMatcher) -> PreparedMention {
        let bytes = arena.bytes.span
        let text = bytes.extracting(event.text.indices)
        var brands: [Int32] = []
        if event.brands == nil {
            let title = event.title.isAbsent ? nil : bytes.extracting(event.title.indices)
            matcher.match(text, title: title, scratch: &scratch, into: &brands)
        }
        let language = event.language.isAbsent ? nil : bytes.extracting(event.language.indices)
        return PreparedMention(
            event: event,
            textHash: fingerprinter.textHash(text),
            verdict: classifier.classify(text, language: language, scratch: &reading),
            matchedBrands: brands
        )
    }
}
