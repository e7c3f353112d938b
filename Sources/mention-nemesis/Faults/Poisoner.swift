import KafkaClient

/// Publishes records that nobody can read, and counts those that the broker has taken.
actor Poisoner {
    private let producer: KafkaProducer
    private let topic: String
    /// Records that were acknowledged in the end, and those that were not; known after ``finish()``.
    private(set) var published = 0
    private(set) var failed = 0
    private var sent = 0

    init(_ kafka: KafkaConfiguration, topic: String) throws(KafkaError) {
        var kafka = kafka
        kafka.properties[Producers.inOrder.0] = Producers.inOrder.1
        producer = try KafkaProducer(kafka)
        self.topic = topic
    }

    /// Sends a burst to one partition.
    func publish(_ kinds: [Fault.PoisonKind], to partition: Int32) async throws(KafkaError) {
        var batch = ProducerBatch()
        for kind in kinds { batch.append(key: nil, value: Self.payload(kind), partition: partition) }
        sent += kinds.count
        try await producer.send(batch, topic: topic)
    }

    /// Waits until all that was sent is decided. May be called again.
    func finish() async {
        _ = await producer.flush(timeout: .seconds(65))
        published = await producer.delivered
        failed = sent - published
    }

    func close() async { await producer.close() }

    private static func payload(_ kind: Fault.PoisonKind) -> [UInt8]? {
        let whole = #""id":"p","source":"forum","author":{"handle":"p"},"text":"t","published_at":"#
        return switch kind {
        case .tombstone: nil
        case .garbage: (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 128) }
        case .halfJSON: Array(#"{"id":"p","source":"for"#.utf8)
        case .notUTF8: Array("{\(whole)\"".utf8) + [0xFF, 0xFE]
        case .missingField: Array(#"{"id":"p","source":"forum"}"#.utf8)
        case .badDate: Array("{\(whole)\"9999-01-01T00:00:00Z\"}".utf8)
        case .tooDeep: Array(repeating: UInt8(ascii: "["), count: 2_000)
        // All alike, so that it takes little of the broker's room: it keeps what it gets, compressed.
        case .oversized: Array(repeating: UInt8(ascii: "x"), count: 1_100_000)
        }
    }
}
