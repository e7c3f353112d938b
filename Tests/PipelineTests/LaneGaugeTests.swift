@testable import Pipeline
import Testing

@Suite struct LaneGaugeTests {
    private func admit(_ table: inout LaneTable, _ offsets: [Int64], at timestamp: Int64) throws -> Ticket {
        let admission = table.received(1, offsets: offsets, bytes: 10, firstTimestamp: timestamp) { 0 }
        guard case .admitted(let ticket, _) = admission else { throw NotAdmitted() }
        return ticket
    }

    private struct NotAdmitted: Error {}

    @Test func theOldestIsUnderWayAndThenInTheQueue() throws {
        var table = LaneTable(maximumRecords: 100, maximumBytes: 1_000)
        table.hold(Holding(partition: 1, epoch: 1, incarnation: 0, nextOffset: 5))
        #expect(table.gauges == [LaneGauge(partition: 1, durable: 5, isFaulty: false)])
        let first = try admit(&table, [5, 6], at: 700)
        #expect(table.gauges.first?.oldestTimestamp == 700)
        table.prepared(first, chunk([5, 6]))
        let cut = table.cut(maximum: 10)
        let batch = try #require(cut)
        _ = try admit(&table, [7], at: 900)
        let during = try #require(table.gauges.first)
        #expect(during.oldestTimestamp == 700 && during.inFlightRecords == 2)
        #expect(during.durable == 5 && during.received == 8)
        for step in batch.steps { table.committed(step) }
        let after = try #require(table.gauges.first)
        #expect(after.oldestTimestamp == 900 && after.inFlightRecords == 0 && after.durable == 7)
        // A record without a timestamp has no age.
        table.rewind(1, to: 5)
        table.sought(1, to: 5)
        _ = try admit(&table, [5], at: -1)
        #expect(table.gauges.first?.oldestTimestamp == nil)
        table.markFaulty(1)
        #expect(table.gauges.first?.isFaulty == true)
        table.release([1])
        #expect(table.gauges.isEmpty)
    }
}
