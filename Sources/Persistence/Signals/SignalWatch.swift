public import PostgresClient
import Signals

/// Looks for signals in the hourly sums: one pass judges the hours that are over and have changed since the last.
///
/// Any number of workers may call it, say once a minute; a lease lets one do the work. What is stored is a function of the
/// hourly sums, whatever their order of arrival: hours that change are judged again, with all that they are compared with,
/// and a signal that does not hold any more is taken back. What was published stays published; a wave that was told of is
/// not told of again because its first hour has moved.
public struct SignalWatch: Sendable {
    /// How far hours are looked at.
    public enum Mode: String, Sendable {
        /// Hours after which mentions of a later one have come; by the clock if none came since the last pass.
        case told
        /// All hours that are over by the clock.
        case quiet
        /// What the last pass left over.
        case again
    }

    /// What a pass did.
    public enum Outcome: Sendable, Equatable {
        /// Another worker holds the lease.
        case heldByAnother
        /// So many brands were judged; `found` are the signals that are new. `hasMore`: call again with `again`.
        case judged(brands: Int, found: [SignalEvent], hasMore: Bool)
    }

    /// Who holds the lease, unique among workers.
    public let owner: String
    /// Greatest number of brands in one pass.
    public let brands: Int32
    /// Greatest number of hours of a brand that one pass judges.
    public let hours: Int32
    private let timeout = Duration.seconds(120)
    private let lease = 30.0

    /// Makes the watch of one worker.
    public init(owner: String, brands: Int32 = 100, hours: Int32 = 4_380) {
        self.owner = owner
        self.brands = max(1, brands)
        self.hours = max(1, hours)
    }

    /// Takes the lease if it is free, and does one pass: one transaction, with what it publishes.
    public func pass(_ mode: Mode, on connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        let held = try await connection.query(
            PostgresStatement("hold lease", "SELECT hold_lease('signals', $1, $2)", [.text(owner), .double(lease)]),
            timeout: timeout
        )
        guard held.bool(0, 0) == true else { return .heldByAnother }
        do throws(PostgresError) {
            return try await work(mode, on: connection)
        } catch {
            await connection.rollBack(timeout: timeout)
            throw error
        }
    }

    /// Gives the lease back: for an orderly stop.
    public func release(on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query(
            PostgresStatement("release lease", "SELECT release_lease('signals', $1)", [.text(owner)]),
            timeout: .seconds(5)
        )
    }

    // MARK: - One pass

    /// A brand with hours to judge.
    private struct Due {
        var number: Int32
        var name: String
        var to: Int32
        var since: Int32
        /// What is judged now, the end exclusive.
        var hours: Range<Int32>
    }

    private struct Frame {
        var horizon: Int32
        var setting: SpikeSetting
        var hasOutbox: Bool
    }

    private func work(_ mode: Mode, on connection: PostgresConnection) async throws(PostgresError) -> Outcome {
        let begin = try await connection.pipeline(
            [
                PostgresStatement("begin", "BEGIN"),
                PostgresStatement("begin signals", SignalSQL.begin, [.text(owner), .text(mode.rawValue)]),
            ],
            timeout: timeout
        )
        guard let frame = begin.last.flatMap(Self.frame) else {
            _ = try await connection.query(PostgresStatement("rollback", "ROLLBACK"), timeout: timeout)
            return .heldByAnother
        }
        let rows = try await connection.query(
            PostgresStatement("read brands to judge", SignalSQL.due, [.int4(frame.horizon), .int4(brands)]),
            timeout: timeout
        )
        let due = (0..<rows.rowCount).compactMap { self.due(rows, $0, frame) }
        guard !due.isEmpty else {
            _ = try await connection.query(PostgresStatement("commit", "COMMIT"), timeout: timeout)
            return .judged(brands: 0, found: [], hasMore: false)
        }
        let answers = try await connection.pipeline(
            [
                Self.stretch("read hours to judge", SignalSQL.series, due) { range in
                    (Self.back(range.lowerBound, SpikeDetector.lookBack(frame.setting)), range.upperBound)
                },
                Self.stretch("read signals", SignalSQL.stored, due) { range in
                    (Self.back(range.lowerBound, frame.setting.coolDown), range.upperBound + frame.setting.coolDown + 1)
                },
            ],
            timeout: timeout
        )
        guard answers.count == 2 else { return .judged(brands: 0, found: [], hasMore: false) }
        let found = Self.judge(due, frame.setting, Self.counts(answers[0]))
        let change = SignalChange(
            due.map { ($0.number, $0.name, $0.hours) },
            found,
            Self.spikes(answers[1]),
            frame.setting
        )
        var closing = change.statements
        closing.append(
            PostgresStatement(
                "settle brands to judge",
                SignalSQL.settle,
                [.int4Array(due.map(\.number)), .int4Array(due.map { rest($0, frame) })]
            )
        )
        if frame.hasOutbox, !change.events.isEmpty {
            closing.append(
                PostgresStatement(
                    "publish signals",
                    SignalSQL.publish,
                    [.textArray(change.events.map(\.key)), .textArray(change.events.map(\.json))]
                )
            )
        }
        closing.append(PostgresStatement("commit", "COMMIT"))
        _ = try await connection.pipeline(closing, timeout: timeout)
        let hasMore = due.count == Int(brands) || due.contains { (rest($0, frame) ?? .max) < frame.horizon }
        return .judged(brands: due.count, found: change.events, hasMore: hasMore)
    }

    private static func frame(_ rows: PostgresResult) -> Frame? {
        guard let horizon = rows.int4(0, 0), let threshold = rows.double(0, 1), let minimum = rows.int4(0, 2),
            let coolDown = rows.int4(0, 3), let baseline = rows.int4(0, 4)
        else { return nil }
        return Frame(
            horizon: horizon,
            setting: SpikeSetting(threshold: threshold, minimum: minimum, coolDown: coolDown, baseline: baseline),
            hasOutbox: rows.bool(0, 5) == true
        )
    }

    private func due(_ rows: PostgresResult, _ row: Int, _ frame: Frame) -> Due? {
        guard let number = rows.int4(row, 0), let name = rows.string(row, 1), let from = rows.int4(row, 2),
            let to = rows.int4(row, 3)
        else { return nil }
        // What a changed hour is compared with is judged again too.
        let last = Int64(to) + Int64(frame.setting.baseline) + Int64(frame.setting.coolDown) + 1
        let end = min(last, Int64(frame.horizon), Int64(from) + Int64(hours))
        return Due(
            number: number,
            name: name,
            to: to,
            since: rows.int4(row, 4) ?? from,
            hours: from..<max(from, Int32(clamping: end))
        )
    }

    /// From where on the brand is to be judged after this pass; nil where all is.
    private func rest(_ due: Due, _ frame: Frame) -> Int32? {
        let end = due.hours.upperBound
        let last = Int64(due.to) + Int64(frame.setting.baseline) + Int64(frame.setting.coolDown) + 1
        // An hour that was touched and is not over yet is judged when it is.
        if end >= frame.horizon { return due.to >= end ? end : nil }
        return Int64(end) >= last ? nil : end
    }

    private static func back(_ hour: Int32, _ by: Int32) -> Int32 { Int32(clamping: Int64(hour) - Int64(by)) }

    private static func stretch(
        _ name: String,
        _ sql: String,
        _ due: [Due],
        _ range: (Range<Int32>) -> (Int32, Int32)
    ) -> PostgresStatement {
        let ranges = due.map { range($0.hours) }
        return PostgresStatement(
            name,
            sql,
            [.int4Array(due.map(\.number)), .int4Array(ranges.map(\.0)), .int4Array(ranges.map(\.1))]
        )
    }

    private static func counts(_ rows: PostgresResult) -> [Int32: [(hour: Int32, count: Int32)]] {
        var counts: [Int32: [(hour: Int32, count: Int32)]] = [:]
        for row in 0..<rows.rowCount {
            guard let brand = rows.int4(row, 0), let hour = rows.int4(row, 1), let count = rows.int4(row, 2) else {
                continue
            }
            counts[brand, default: []].append((hour, count))
        }
        return counts
    }

    private static func spikes(_ rows: PostgresResult) -> [Int32: [Spike]] {
        var spikes: [Int32: [Spike]] = [:]
        for row in 0..<rows.rowCount {
            guard let brand = rows.int4(row, 0), let hour = rows.int4(row, 1), let value = rows.int4(row, 2),
                let baseline = rows.double(row, 3), let z = rows.double(row, 4)
            else { continue }
            spikes[brand, default: []].append(Spike(hour: hour, value: value, baseline: baseline, z: z))
        }
        return spikes
    }

    private static func judge(
        _ due: [Due],
        _ setting: SpikeSetting,
        _ counts: [Int32: [(hour: Int32, count: Int32)]]
    ) -> [Int32: [Spike]] {
        var found: [Int32: [Spike]] = [:]
        for brand in due {
            let from = max(brand.since, back(brand.hours.lowerBound, SpikeDetector.lookBack(setting)))
            var detector = SpikeDetector(setting, since: brand.since, from: from)
            for (hour, count) in counts[brand.number] ?? [] {
                guard let spike = detector.take(hour: hour, count: count), brand.hours.contains(hour) else { continue }
                found[brand.number, default: []].append(spike)
            }
        }
        return found
    }
}

/// What a pass changes in the table of signals, and what it tells.
struct SignalChange {
    private var removed: [(brand: Int32, hour: Int32)] = []
    private var stored: [(brand: Int32, spike: Spike)] = []
    private(set) var events: [SignalEvent] = []

    /// - Parameters:
    ///   - judged: the brands and the hours of theirs that were.
    ///   - found: what stands out in those.
    ///   - before: what is stored of those hours and of a cool-down around them.
    init(
        _ judged: [(brand: Int32, name: String, hours: Range<Int32>)],
        _ found: [Int32: [Spike]],
        _ before: [Int32: [Spike]],
        _ setting: SpikeSetting
    ) {
        for (brand, name, hours) in judged {
            let old = before[brand] ?? []
            let new = found[brand] ?? []
            for spike in old where hours.contains(spike.hour) && !new.contains(where: { $0.hour == spike.hour }) {
                removed.append((brand, spike.hour))
            }
            for spike in new {
                if old.contains(spike) { continue }
                stored.append((brand, spike))
                let isKnown = old.contains { abs(Int64($0.hour) - Int64(spike.hour)) <= Int64(setting.coolDown) }
                if !isKnown { events.append(SignalEvent(brand: name, spike: spike)) }
            }
        }
    }

    var statements: [PostgresStatement] {
        var statements: [PostgresStatement] = []
        if !removed.isEmpty {
            statements.append(
                PostgresStatement(
                    "remove signals",
                    SignalSQL.remove,
                    [.int4Array(removed.map(\.brand)), .int4Array(removed.map(\.hour))]
                )
            )
        }
        if !stored.isEmpty {
            statements.append(
                PostgresStatement(
                    "store signals",
                    SignalSQL.store,
                    [
                        .int4Array(stored.map(\.brand)), .int4Array(stored.map(\.spike.hour)),
                        .int4Array(stored.map(\.spike.value)), .doubleArray(stored.map(\.spike.baseline)),
                        .doubleArray(stored.map(\.spike.z)),
                    ]
                )
            )
        }
        return statements
    }
}
