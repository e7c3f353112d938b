import Foundation
import KafkaClient
import Persistence
import PostgresClient
import Runtime

/// Keeps a board up to date: reads the database's views and the topic's watermarks until the task is cancelled.
///
/// A look that fails is made again after a second; until then the board shows what it last knew.
struct BoardFiller: Sendable {
    let board: SharedBoard
    let database: PostgresTarget
    let kafka: KafkaConfiguration
    let topic: String
    let group: String
    let partitions: Int
    let started: ContinuousClock.Instant

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keep { try await counts($0) } }
            group.addTask { await keep { try await lists($0) } }
            group.addTask { await keep { try await advocates($0) } }
            group.addTask { await lag() }
        }
    }

    /// Runs `body` over a connection, and again over a new one when it fails.
    private func keep(_ body: (FarmOverview) async throws -> Void) async {
        while !Task.isCancelled {
            do {
                let connection = try await PostgresConnection.connect(
                    database,
                    applicationName: "mention-demo",
                    timeout: .seconds(5)
                )
                do {
                    try await body(FarmOverview(connection))
                } catch {
                    await connection.close()
                    throw error
                }
            } catch {
                guard !Task.isCancelled else { return }
                board.update { $0.stage = "the database can't be asked: \(error)" }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Counts four times a second, the rate once a second.
    private func counts(_ overview: FarmOverview) async throws {
        var marks: [(at: ContinuousClock.Instant, records: Int64)] = []
        while true {
            let counts = try await overview.counts(group: group, topic: topic)
            let now = ContinuousClock.now
            var rate: Double?
            if let last = marks.last {
                let seconds = Double((now - last.at) / .milliseconds(1)) / 1_000
                if seconds >= 1 {
                    rate = Double(counts.records - last.records) / seconds
                    marks = [(now, counts.records)]
                }
            } else {
                marks = [(now, counts.records)]
            }
            let added = rate
            board.update { board in
                board.counts = counts
                board.elapsed = now - started
                guard let added else { return }
                board.rates.append(max(0, added))
                if board.rates.count > Board.historyLength { board.rates.removeFirst() }
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    /// Brands, newest mentions, copies and dead letters, about once a second.
    private func lists(_ overview: FarmOverview) async throws {
        while true {
            let begun = ContinuousClock.now
            let newest = try await overview.newest(limit: 60)
            board.update { $0.newest = newest }
            let moods = try await overview.moods(limit: 40)
            board.update { $0.moods = moods }
            let copies = try await overview.copies()
            let letters = try await overview.deadLetters()
            board.update { board in
                board.copies = copies
                board.deadLetters = letters
            }
            try await rest(after: begun, atLeast: .milliseconds(700))
        }
    }

    /// Advocates of the brands that are spoken of most.
    private func advocates(_ overview: FarmOverview) async throws {
        while true {
            let begun = ContinuousClock.now
            let brands = board.current.moods.prefix(6).map(\.brand)
            if !brands.isEmpty {
                let advocates = try await overview.advocates(of: brands, limit: 40)
                board.update { $0.advocates = advocates }
            }
            try await rest(after: begun, atLeast: brands.isEmpty ? .milliseconds(250) : .seconds(3))
        }
    }

    /// Waits nine times as long as the work took: looking on must not slow the farm down.
    private func rest(after begun: ContinuousClock.Instant, atLeast least: Duration) async throws {
        try await Task.sleep(for: max(least, (ContinuousClock.now - begun) * 9))
    }

    /// The records of the topic that progress has not passed, once a second.
    private func lag() async {
        while !Task.isCancelled {
            do {
                let inspector = try KafkaInspector(kafka)
                while true {
                    let all = (0..<Int32(clamping: partitions)).map { TopicPartition(topic, $0) }
                    let watermarks = try await inspector.watermarks(all, timeout: .seconds(5))
                    let places = board.current.counts.partitions
                    let next = Dictionary(places.map { ($0.partition, $0.nextOffset ?? 0) }, uniquingKeysWith: max)
                    let lag = watermarks.reduce(Int64(0)) { sum, entry in
                        sum + max(0, entry.value.high - max(entry.value.low, next[entry.key.partition] ?? 0))
                    }
                    board.update { $0.lag = lag }
                    try await Task.sleep(for: .seconds(1))
                }
            } catch {
                // The lag stays as it was; the next try comes soon.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
