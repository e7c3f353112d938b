import CRDKafka

/// Owner of a C list of partitions. Used within one call, never shared.
struct PartitionList: ~Copyable {
    let raw: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        raw = rd_kafka_topic_partition_list_new(Int32(clamping: capacity))
    }

    init(_ partitions: some Collection<TopicPartition>) {
        self.init(capacity: partitions.count)
        for partition in partitions {
            add(partition)
        }
    }

    init(_ offsets: [TopicPartition: Int64]) {
        self.init(capacity: offsets.count)
        for (partition, offset) in offsets {
            add(partition, offset: offset)
        }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(raw)
    }

    func add(_ partition: TopicPartition, offset: Int64? = nil) {
        let element = rd_kafka_topic_partition_list_add(raw, partition.topic, partition.partition)
        if let offset { element?.pointee.offset = offset }
    }

    /// The first partition that the call refused.
    func firstError(_ operation: String) -> KafkaError? {
        for element in Self.elements(of: raw) where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            let name = TopicPartition(element)
            return KafkaError(
                element.err,
                operation,
                detail: "\(name): \(String(cString: rd_kafka_err2str(element.err)))"
            )
        }
        return nil
    }

    /// The elements of a list that may be somebody else's.
    static func elements(
        of list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        guard let list else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }
}

extension TopicPartition {
    init(_ element: rd_kafka_topic_partition_t) {
        self.init(element.topic.map { String(cString: $0) } ?? "", element.partition)
    }
}
