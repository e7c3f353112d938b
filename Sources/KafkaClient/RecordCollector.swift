import CRDKafka

/// Sorts the messages of one poll into a batch per partition, copying each payload once.
struct RecordCollector {
    private struct Slot: Hashable {
        let topic: OpaquePointer
        let partition: Int32
    }

    private(set) var recordCount = 0
    private(set) var byteCount = 0
    private(set) var batches: [RecordBatch] = []
    private var indices: [Slot: Int] = [:]
    /// Fetches come partition by partition, so that the last batch is nearly always the right one.
    private var current: (slot: Slot, index: Int)?

    /// Appends a message that has no error.
    mutating func append(_ pointer: UnsafePointer<rd_kafka_message_t>) {
        guard let topic = pointer.pointee.rkt else { return }
        let index = batchIndex(Slot(topic: topic, partition: pointer.pointee.partition))
        let timestamp = rd_kafka_message_timestamp(pointer, nil)
        let offset = pointer.pointee.offset
        let keyBytes = UnsafeRawBufferPointer(start: pointer.pointee.key, count: pointer.pointee.key_len)
        let valueBytes = UnsafeRawBufferPointer(start: pointer.pointee.payload, count: pointer.pointee.len)

        let start = batches[index].bytes.count
        var end = start
        var key: Range<Int>?
        var value: Range<Int>?
        if pointer.pointee.key != nil {
            batches[index].bytes.append(contentsOf: keyBytes)
            key = end..<end &+ keyBytes.count
            end &+= keyBytes.count
        }
        if pointer.pointee.payload != nil {
            batches[index].bytes.append(contentsOf: valueBytes)
            value = end..<end &+ valueBytes.count
            end &+= valueBytes.count
        }
        batches[index].records.append(
            Record(offset: offset, timestampMilliseconds: timestamp, key: key, value: value)
        )
        recordCount &+= 1
        byteCount &+= end &- start
    }

    private mutating func batchIndex(_ slot: Slot) -> Int {
        if let current, current.slot == slot { return current.index }
        let index: Int
        if let known = indices[slot] {
            index = known
        } else {
            let name = rd_kafka_topic_name(slot.topic).map { String(cString: $0) } ?? ""
            index = batches.count
            batches.append(RecordBatch(partition: TopicPartition(name, slot.partition), bytes: [], records: []))
            indices[slot] = index
        }
        current = (slot, index)
        return index
    }
}
