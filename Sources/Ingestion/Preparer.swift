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
    private var normalised: [UInt8] = []
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
        var draft = draft(batch, from: start, matcher: matcher, maximumBytes: maximumBytes)
        return draft.finish()
    }

    /// The same, but for what near copies are known of its texts. `keepsTexts`: with the texts to look for them.
    func draft(
        _ batch: RecordBatch,
        from start: Int,
        matcher: BrandMatcher,
        maximumBytes: Int = MentionDecoder.maximumRecordBytes,
        keepsTexts: Bool = false
    ) -> ChunkDraft {
        let count = batch.records.count - start
        var records: [PreparedRecord] = []
        var mentions: [PreparedMention] = []
        records.reserveCapacity(count)
        mentions.reserveCapacity(count)
        var arena = ByteArena(capacity: batch.bytes.count)
        // Of a record about a third is its text.
        var texts =
            keepsTexts
            ? NormalisedTexts(partition: batch.partition.partition, count: count, bytes: batch.bytes.count / 3)
            : NormalisedTexts(partition: batch.partition.partition)
        for record in batch.records[start...] {
            let outcome: PreparedRecord.Outcome
            do throws(Rejection) {
                let event = try decode(record, in: batch.bytes, into: &arena, maximumBytes)
                outcome = .mention(mentions.count)
                let mention = judge(event, in: arena, matcher: matcher, keepsText: keepsTexts)
                if keepsTexts {
                    texts.append(
                        normalised,
                        hash: mention.textHash,
                        offset: record.offset,
                        publishedAt: event.publishedAt
                    )
                }
                mentions.append(mention)
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
        return ChunkDraft(
            records: records,
            mentions: mentions,
            arena: arena,
            payloads: batch.bytes,
            texts: texts
        )
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

    /// Judges an event. `keepsText`: its normalised text is in ``normalised`` then.
    private func judge(
        _ event: MentionEvent,
        in arena: ByteArena,
        matcher: BrandMatcher,
        keepsText: Bool
    ) -> PreparedMention {
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
            textHash: keepsText
                ? fingerprinter.textHash(text, normalised: &normalised) : fingerprinter.textHash(text),
            verdict: classifier.classify(text, language: language, scratch: &reading),
            matchedBrands: brands
        )
    }
}
