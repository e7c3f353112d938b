import MentionModel
import Synthesis

/// A record as a test publishes it.
struct TestRecord: Sendable {
    /// Nil for a tombstone.
    var payload: [UInt8]?
    var partition: Int32
    var timestampMilliseconds: Int64 = 1_767_571_200_000
    /// The content sketch of its text, where it was generated.
    var sketch: UInt64 = 0

    init(_ payload: [UInt8]?, partition: Int32) {
        self.payload = payload
        self.partition = partition
    }

    init(_ text: String, partition: Int32) {
        self.init(Array(text.utf8), partition: partition)
    }

    init(_ mention: MentionRecord, partition: Int32) {
        var payload: [UInt8] = []
        mention.appendJSON(to: &payload)
        self.init(payload, partition: partition)
    }
}

/// A generated stream, with the truth about it.
struct TestStream: Sendable {
    var records: [TestRecord] = []
    var manifest: StreamManifest
    var brands: [SyntheticBrand]

    /// Re-deliveries and revisions are many, and every record goes to a partition by chance, so that workers meet on
    /// the same mentions.
    init(seed: UInt64, count: Int, partitions: Int = Farm.partitions) throws {
        var parameters = StreamParameters(seed: seed, count: count)
        parameters.authors = 500
        parameters.brands = 20
        parameters.redeliveries = 80_000
        parameters.revisions = 80_000
        parameters.copies = 100_000
        parameters.badRecords = 10_000
        parameters.oversizedOfBad = 0
        parameters.longTexts = 2_000
        parameters.window = 1_024
        var stream = try MentionStream(parameters)
        var random = SeededRandom(seed: seed &+ 1)
        var payload: [UInt8] = []
        while let made = stream.next(into: &payload) {
            var record = TestRecord(made.hasPayload ? payload : nil, partition: Int32(random.below(partitions)))
            record.timestampMilliseconds = made.timestamp.microseconds / 1_000
            record.sketch = made.sketch
            records.append(record)
        }
        manifest = stream.manifest
        brands = stream.brands
    }

    var deadLetters: Int { manifest.deadLetters.values.reduce(0, +) }

    /// The records on the partitions that a producer sends them to which keys by content.
    func keyedBySketch(_ records: [TestRecord], partitions: Int = Farm.partitions) -> [TestRecord] {
        records.map { record in
            var record = record
            record.partition = Int32(record.sketch % UInt64(partitions))
            return record
        }
    }

    /// The records in another order and on other partitions. Each keeps its timestamp, by which dates are judged.
    func shuffled(seed: UInt64, partitions: Int = Farm.partitions) -> [TestRecord] {
        var random = SeededRandom(seed: seed)
        var shuffled = records
        for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
            shuffled.swapAt(index, random.below(index + 1))
        }
        for index in shuffled.indices { shuffled[index].partition = Int32(random.below(partitions)) }
        return shuffled
    }
}
