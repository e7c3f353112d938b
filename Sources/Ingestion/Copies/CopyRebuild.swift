import Copies
import Logging
import MentionModel
import Persistence
import PostgresClient

/// Fills the live index with what is stored of partitions that were just claimed, while they wait to be read.
///
/// It ends when the index is full, when it has come to mentions out of the window, when there are no more, or when its
/// time is over. It never fails a claim: what it does not take in, the background step finds.
struct CopyRebuild {
    /// Most mentions of a page.
    static let pageRows = 5_000
    /// Most bytes of the texts of a page.
    static let pageBytes: Int64 = 4 << 20
    /// How many mention numbers the first page covers; the next more or less, as long as pages are not full.
    static let firstNumbers: Int64 = 16_384

    let lookout: CopyLookout
    /// Number of the topic.
    let topic: Int32
    let control: DatabaseLink
    let logger: Logger
    /// How long claimed partitions may wait for it.
    let limit: Duration

    /// Why a rebuild has ended.
    private enum End: String {
        case done, full, window, time, failure
    }

    /// What came of reading a page, and how far the reading has come with it.
    private struct Fetch: Sendable {
        enum Outcome: Sendable {
            case page(StoredTexts)
            case end(End)
            case failure(PostgresError)
        }

        var place: Place
        var outcome: Outcome?
    }

    /// Makes the index know the partitions that were claimed: epochs by partition. `unread`: those of which nothing can
    /// be stored.
    /// - Throws: what ``DatabaseLink/recover(from:since:)`` throws: the worker ends.
    func run(_ claimed: [Int32: Int64], unread: Set<Int32>) async throws {
        var partitions = await lookout.strangers(claimed)
        if !partitions.isEmpty, await !lookout.hasRoom {
            // What it holds has come in before what the others have written since: all is read anew, newest first.
            await lookout.forget()
            partitions = claimed.keys.sorted()
        }
        partitions.removeAll(where: unread.contains)
        if !partitions.isEmpty { try await read(TextReading(topic: topic, partitions: partitions)) }
        await lookout.know(claimed)
    }

    private func read(_ reading: TextReading) async throws {
        let begin = ContinuousClock.now
        var horizon = RebuildHorizon(scheme: lookout.scheme)
        var end: End?
        var fetch = Fetch(place: Place())
        while end == nil {
            let deadline = begin + limit
            switch fetch.outcome {
            case nil:
                fetch = await page(reading, fetch.place, until: deadline)
            case .page(let page):
                // The server reads the next page meanwhile.
                let place = fetch.place
                async let next = self.page(reading, place, until: deadline)
                let restored = await lookout.restore(page)
                fetch = await next
                if restored.isFull {
                    end = .full
                } else if horizon.passes(restored.taken) {
                    end = .window
                }
            case .end(let why): end = why
            case .failure(let error) where error.failureClass == .transient:
                try await control.recover(from: error, since: begin)
                fetch.outcome = nil
            case .failure(let error):
                logger.warning("texts could not be read", metadata: ["error": "\(error.message)"])
                end = .failure
            }
        }
        let place = fetch.place
        let isCut = end == .time || end == .failure
        await lookout.rebuilt(missed: isCut ? max(1, place.expectedRows) : 0)
        logger.info(
            "looked through stored texts for near copies to come",
            metadata: [
                "partitions": "\(reading.partitions.count)", "mentions": "\(place.rows)",
                "milliseconds": "\(Int((ContinuousClock.now - begin) / .milliseconds(1)))",
                "end": "\(end?.rawValue ?? "")",
            ]
        )
    }

    private func page(
        _ reading: TextReading,
        _ before: Place,
        until deadline: ContinuousClock.Instant
    ) async -> Fetch {
        var place = before
        let left = deadline - .now
        guard left > .zero, !Task.isCancelled else { return Fetch(place: place, outcome: .end(.time)) }
        do throws(PostgresError) {
            let connection = try await control.connect()
            guard let numbers = try await place.next(on: connection, within: left) else {
                return Fetch(place: place, outcome: .end(.done))
            }
            let asked = ContinuousClock.now
            let page = try await reading.page(
                numbers,
                rows: Self.pageRows,
                bytes: Self.pageBytes,
                on: connection,
                within: left
            )
            place.read(page, numbers, took: ContinuousClock.now - asked)
            return Fetch(place: place, outcome: .page(page))
        } catch {
            // A statement that took all the time that is left.
            return Fetch(place: place, outcome: error.sqlState == "57014" ? .end(.time) : .failure(error))
        }
    }
}

extension CopyRebuild {
    /// How far a reading backwards has come.
    private struct Place {
        private var all: ClosedRange<Int64>?
        private var upper: Int64 = 0
        private var width = CopyRebuild.firstNumbers
        private(set) var rows = 0

        /// The numbers of the next page; nil at the end.
        mutating func next(
            on connection: PostgresConnection,
            within limit: Duration
        ) async throws(PostgresError) -> ClosedRange<Int64>? {
            if all == nil {
                guard let found = try await TextReading.numbers(on: connection, within: limit) else { return nil }
                all = found
                upper = found.upperBound
            }
            guard let all, upper >= all.lowerBound else { return nil }
            return max(all.lowerBound, upper - width + 1)...upper
        }

        mutating func read(_ page: StoredTexts, _ numbers: ClosedRange<Int64>, took: Duration) {
            rows += page.count
            if page.isFull, let last = page[page.count - 1] {
                upper = last.number - 1
            } else {
                upper = numbers.lowerBound - 1
                // Numbers that others' mentions have, or none: a longer reach at a time. But no page may take long.
                if took < .milliseconds(50) { width = min(width * 2, 1 << 22) }
            }
            if took > .milliseconds(250) { width = max(width / 2, 1_024) }
        }

        /// About how many mentions are left, if they lie as those that were read.
        var expectedRows: Int {
            guard let all, all.upperBound > upper, upper >= all.lowerBound else { return 0 }
            let read = Double(all.upperBound - upper)
            return Int(min(Double(rows) / read * Double(upper - all.lowerBound + 1), 1e15))
        }
    }
}
