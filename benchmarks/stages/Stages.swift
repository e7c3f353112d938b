import BrandMatching
import Classification
import Copies
import Fingerprinting
import MentionModel
import Pipeline
import PostgresClient
import ShippedModel
import Synthesis

/// What a worker does to a record, each step by itself and as a worker calls it.
struct Stages {
    let work: Workload
    let rounds: Int
    /// Bytes of the index of near copies.
    let copyBytes: Int

    /// Records of one chunk, as a worker's consumer hands them on when there is much.
    private static let chunk = 256

    /// The generator itself: what the producer pays before Kafka.
    func generate(seed: UInt64) throws -> Measurement {
        var parameters = StreamParameters(seed: seed, count: work.records.count)
        parameters.brands = work.brands.count
        let beginning = try MentionStream(parameters)
        return Measurement.of("generate", unit: "record", rounds: rounds) {
            var stream = beginning
            var payload: [UInt8] = []
            var proof: UInt64 = 0
            var units = 0
            while let record = stream.next(into: &payload) {
                proof &+= record.sketch &+ UInt64(payload.count)
                units += 1
            }
            return (units, proof)
        }
    }

    /// JSON to event; bad records included.
    func decode() -> Measurement {
        var decoder = MentionDecoder()
        return Measurement.of("decode", unit: "record", rounds: rounds) {
            var proof: UInt64 = 0
            for start in stride(from: 0, to: work.records.count, by: Self.chunk) {
                let end = min(start + Self.chunk, work.records.count)
                let bytes = work.records[end - 1].range.upperBound - work.records[start].range.lowerBound
                var arena = ByteArena(capacity: bytes)
                for record in work.records[start..<end] {
                    do throws(Rejection) {
                        let event = try decoder.decode(
                            work.payloads.span.extracting(record.range),
                            recordTimestamp: record.timestamp,
                            into: &arena
                        )
                        proof &+= event.bodyHash
                    } catch {
                        proof &+= 1
                    }
                }
            }
            return (work.records.count, proof)
        }
    }

    /// The text without case, space, handles, links and marks, and its hash: tier T1 of the copies.
    func normalise() -> Measurement {
        var fingerprinter = Fingerprinter()
        var text: [UInt8] = []
        let bytes = work.arena.bytes
        return Measurement.of("normalise", unit: "text", rounds: rounds) {
            var proof: UInt64 = 0
            for event in work.events {
                proof &+= fingerprinter.textHash(bytes.span.extracting(event.text.indices), normalised: &text)
            }
            return (work.events.count, proof)
        }
    }

    /// Which brands a text speaks of. A worker asks only where the event names none; here all texts are asked.
    func matchBrands() -> Measurement {
        let matcher = BrandMatcher(work.brands, version: 1)
        var scratch = MatchScratch()
        var found: [Int32] = []
        let bytes = work.arena.bytes
        return Measurement.of("match brands", unit: "text", rounds: rounds) {
            var proof: UInt64 = 0
            for event in work.events {
                found.removeAll(keepingCapacity: true)
                let title = event.title.isAbsent ? nil : bytes.span.extracting(event.title.indices)
                matcher.match(
                    bytes.span.extracting(event.text.indices),
                    title: title,
                    scratch: &scratch,
                    into: &found
                )
                proof &+= UInt64(found.count)
            }
            return (work.events.count, proof)
        }
    }

    /// All heads of the model that comes with the programs.
    func classify() throws -> Measurement {
        let model = TrainedClassifier(model: try ShippedModel.load())
        var scratch = ClassifierScratch()
        let bytes = work.arena.bytes
        return Measurement.of("classify", unit: "text", rounds: rounds) {
            var proof: UInt64 = 0
            for event in work.events {
                let language = event.language.isAbsent ? nil : bytes.span.extracting(event.language.indices)
                let verdict = model.classify(
                    bytes.span.extracting(event.text.indices),
                    language: language,
                    scratch: &scratch
                )
                proof &+= UInt64(bitPattern: Int64(verdict.sentimentScore))
            }
            return (work.events.count, proof)
        }
    }

    /// Sketch and look-up of near copies, normalising left out; the index is new in each round.
    func copies() -> Measurement {
        Measurement.of("copies", unit: "text", rounds: rounds) {
            var index = CopyIndex(bytes: copyBytes)
            var links: [CopyLink] = []
            var proof: UInt64 = 0
            for (number, text) in work.texts.enumerated() {
                if number + 1 < work.texts.count { index.expect(work.texts[number + 1].hash) }
                let mention = CopyMention(
                    textHash: text.hash,
                    reference: Int64(number),
                    publishedAt: work.events[number].publishedAt
                )
                _ = index.take(mention, text: work.normalised.span.extracting(text.range), links: &links)
                proof &+= UInt64(links.count)
            }
            return (work.texts.count, proof)
        }
    }

    /// One binary COPY row of each mention, with the columns of the table `mention`.
    func encode() -> Measurement {
        let bytes = work.arena.bytes
        return Measurement.of("encode", unit: "mention", rounds: rounds) {
            var proof: UInt64 = 0
            for start in stride(from: 0, to: work.events.count, by: 4_000) {
                var encoder = CopyEncoder(capacity: 4_000 * 512)
                for number in start..<min(start + 4_000, work.events.count) {
                    row(number, &encoder, bytes)
                }
                proof &+= UInt64(encoder.finish().count)
            }
            return (work.events.count, proof)
        }
    }

    private func row(_ number: Int, _ encoder: inout CopyEncoder, _ bytes: [UInt8]) {
        let event = work.events[number]
        encoder.beginRow(columns: 34)
        encoder.int8(Int64(number))
        encoder.timestamptz(event.publishedAt.microseconds)
        encoder.timestamptz(event.versionAt.microseconds)
        encoder.timestamptz(event.publishedAt.microseconds)
        encoder.int8(Int64(bitPattern: event.bodyHash))
        encoder.int8(Int64(bitPattern: work.texts[number].hash))
        encoder.int8(Int64(number))
        encoder.int8(event.likes)
        encoder.int8(event.reposts)
        encoder.int8(event.replies)
        if let followers = event.followers { encoder.int8(followers) } else { encoder.null() }
        encoder.int8(Int64(number))
        for value in [Int32(0), 1, 1, 0] { encoder.int4(value) }
        for value in [Int16(1), 2_500, 0, 1, 1, 10, 10, 10] { encoder.int2(value) }
        encoder.bool(event.brands == nil)
        encoder.int4Array([1])
        for field in [
            event.id, event.text, event.title, event.language, event.url, event.inReplyTo, event.repostOf,
            event.conversation,
        ] {
            if field.isAbsent { encoder.null() } else { encoder.bytes(bytes.span.extracting(field.indices)) }
        }
    }

    /// Offsets of 64 partitions through the lane table: received, prepared, cut into batches, durable.
    func lanes() -> Measurement {
        let partitions: Int32 = 64
        return Measurement.of("offset tracker", unit: "record", rounds: rounds) {
            var table = LaneTable(maximumRecords: .max, maximumBytes: .max)
            for partition in 0..<partitions {
                table.hold(Holding(partition: partition, epoch: 1, incarnation: 0, nextOffset: 0))
            }
            var proof: UInt64 = 0
            var units = 0
            var next: Int64 = 0
            // 64 records at a time of each partition: what a poll brings of a full topic.
            while units < work.records.count {
                for partition in 0..<partitions {
                    let offsets = Array(next..<next + 64)
                    let admission = table.received(
                        partition,
                        offsets: offsets,
                        bytes: 64 * 600,
                        firstTimestamp: 0,
                        firstHash: { 0 }
                    )
                    guard case .admitted(let ticket, _) = admission else { continue }
                    let records = offsets.map { offset in
                        PreparedRecord(offset: offset, timestamp: 0, payload: nil, outcome: .mention(0))
                    }
                    table.prepared(
                        ticket,
                        PreparedChunk(records: records, mentions: [], arena: ByteArena(), payloads: [])
                    )
                    units += offsets.count
                }
                next += 64
                var last: Int32 = -1
                while let batch = table.cut(maximum: 4_000, after: last) {
                    for step in batch.steps {
                        table.committed(step)
                        proof &+= UInt64(step.to)
                        last = step.partition
                    }
                }
            }
            return (units, proof)
        }
    }
}
