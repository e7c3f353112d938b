import Foundation
import Runtime

/// A run, as it is kept: enough to read what happened, and to do the same again.
struct History: Codable, Sendable {
    var plan: FaultPlan
    var book: Chronicle.Book
    var checks: [CheckOutcome]
    var summary: Summary

    /// Writes it as JSON.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(fileURLWithPath: path))
        } catch {
            throw ProgramFailure(.configuration, "--history: can't write \(path): choose a file in a folder of yours")
        }
    }

    /// Reads what ``write(to:)`` wrote.
    static func read(from path: String) throws -> History {
        do {
            return try JSONDecoder().decode(History.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ProgramFailure(
                .usage,
                "--replay: \(path) holds no history of this version: give a file that --history wrote"
            )
        }
    }
}

/// What a run came to; its JSON is the last line of standard output.
struct Summary: Codable, Sendable {
    /// Times that were measured, in seconds. `alone`: behind faults that were left alone with the farm.
    struct Times: Codable, Sendable {
        var count = 0
        var median: Double?
        var max: Double?
        var aloneCount = 0
        var aloneMedian: Double?
        var aloneMax: Double?

        init(_ entries: [Chronicle.RecoveryEntry]) {
            (count, median, max) = Self.describe(entries)
            (aloneCount, aloneMedian, aloneMax) = Self.describe(entries.filter(\.isAlone))
        }

        private static func describe(_ entries: [Chronicle.RecoveryEntry]) -> (Int, Double?, Double?) {
            let sorted = entries.map(\.seconds).sorted()
            guard let last = sorted.last else { return (0, nil, nil) }
            return (sorted.count, rounded(sorted[sorted.count / 2]), rounded(last))
        }

        private enum CodingKeys: String, CodingKey {
            case count
            case median
            case max
            case aloneCount = "alone_count"
            case aloneMedian = "alone_median"
            case aloneMax = "alone_max"
        }
    }

    var seed: UInt64
    var seconds: Double
    /// Faults that happened, by kind.
    var faults: [String: Int]
    /// Faults that found nothing to break.
    var missed: Int
    var inFlight: Int
    var inFlightShare: Double
    var longestStallSeconds: Double
    var answersLost: Int
    var stopsBeyondSession: Int
    /// Batches of stale owners that arrived between a claim and the claimant's first batch, and were refused.
    var staleRefused: Int
    /// Those that were not.
    var staleCommitted: Int
    /// Workers that ended though nobody ended them.
    var unexpectedExits: Int
    /// Records in the topic.
    var records: Int64
    /// Records that producers were told are stored.
    var published: Int64
    var lost: Int64
    var twice: Int64
    /// Failures by check.
    var checks: [String: Int64]
    var takeoverSeconds: Times
    var databaseRecoverySeconds: Times
    var green: Bool

    private enum CodingKeys: String, CodingKey {
        case seed, seconds, faults, missed, records, published, lost, twice, checks, green
        case inFlight = "in_flight"
        case inFlightShare = "in_flight_share"
        case longestStallSeconds = "longest_stall_seconds"
        case answersLost = "answers_lost"
        case stopsBeyondSession = "stops_beyond_session"
        case staleRefused = "stale_refused"
        case staleCommitted = "stale_committed"
        case unexpectedExits = "unexpected_exits"
        case takeoverSeconds = "takeover_seconds"
        case databaseRecoverySeconds = "database_recovery_seconds"
    }

    /// Adds a book and the checks up.
    init(
        plan: FaultPlan,
        book: Chronicle.Book,
        checks: [CheckOutcome],
        seconds: Double,
        longestStall: Double,
        records: Int64,
        published: Int64
    ) {
        let done = book.faults.filter(\.happened)
        seed = plan.request.seed
        self.seconds = rounded(seconds)
        faults = Dictionary(done.map { ($0.kind.rawValue, 1) }, uniquingKeysWith: +)
        missed = book.faults.count - done.count
        inFlight = done.count(where: \.inFlight)
        inFlightShare = done.isEmpty ? 0 : rounded(Double(inFlight) / Double(done.count))
        longestStallSeconds = rounded(longestStall)
        answersLost = done.count { $0.kind == .commitAnswerLost }
        stopsBeyondSession = done.count { entry in
            [.stop, .stopInBatch].contains(entry.kind) && entry.fault.length > plan.request.session
        }
        staleRefused = done.count { $0.isFenced == true }
        staleCommitted = done.count { $0.isFenced == false }
        unexpectedExits = book.exits.count { !$0.expected }
        self.records = records
        self.published = published
        lost = checks.first { $0.name == "lost" }?.failures ?? 0
        twice = checks.first { $0.name == "twice" }?.failures ?? 0
        self.checks = Dictionary(checks.map { ($0.name, $0.failures) }, uniquingKeysWith: +)
        takeoverSeconds = Times(book.recoveries.filter { $0.kind == .takeover })
        databaseRecoverySeconds = Times(book.recoveries.filter { $0.kind == .database })
        green = checks.allSatisfy { $0.failures == 0 }
    }

    /// One line of JSON, without a line feed.
    func jsonLine() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// To the thousandth.
private func rounded(_ value: Double) -> Double { (value * 1_000).rounded() / 1_000 }
