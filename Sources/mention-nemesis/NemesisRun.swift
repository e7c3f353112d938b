import EmbeddedServices
import Foundation
import KafkaClient
import Persistence
import PostgresClient
import Runtime

/// A run from the first service to the last check.
struct NemesisRun: Sendable {
    let plan: FaultPlan
    let workerPath: String
    let stopsWhenRed: Bool
    let logs: String?

    private static let topic = "mentions"
    private static let group = "mention-farm"
    /// Workers that come and go in a storm, at most.
    private static let guests = 2
    /// How long the workers may take to share out the partitions at the start.
    private static let sharing = Duration.seconds(60)
    /// How long they may take to read what is left once everything is healed.
    private static let drain = Duration.seconds(120)
    /// How long the background step may take to read all of it.
    private static let relating = Duration.seconds(60)
    /// How often is looked whether a check has failed.
    private static let auditInterval = Duration.seconds(5)

    /// So many that none comes near the 5 MiB that the embedded broker keeps of each: about 500 bytes a record as
    /// stored, and some partitions get more than others.
    static func partitions(rate: Int, seconds: Double) -> Int {
        max(12, min(256, Int(Double(rate) * seconds * 500 / 2_000_000) + 1))
    }

    /// Runs everything; the history says what came of it.
    func run() async throws -> History {
        let folder = try RunFolder(logs)
        defer { folder.removeIfTemporary() }
        let broker = try EmbeddedBroker()
        let partitions = plan.request.partitions
        do {
            try await broker.createTopic(Self.topic, partitions: partitions)
            let server = try await EmbeddedPostgres.start(settings: [
                // Only processes are killed here, never the machine; and the writer of the log sleeps, so that a
                // crash loses what was committed and not flushed.
                "fsync": "off", "wal_writer_delay": "10s",
                // Few enough to be taken all.
                "max_connections": "60",
            ])
            do {
                let history = try await run(broker, server, folder.path)
                await server.stop(mode: .immediate)
                await broker.close()
                return history
            } catch {
                await server.stop(mode: .immediate)
                throw error
            }
        } catch {
            await broker.close()
            throw error
        }
    }

    private func run(_ broker: EmbeddedBroker, _ server: EmbeddedPostgres, _ folder: String) async throws -> History {
        let connection = try await Self.connect(server)
        try await Migrator.migrate(connection)
        try await Checking.install(on: connection)
        await connection.close()

        guard let brokerPort = broker.bootstrapServers.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw ProgramFailure(.internalError, "the embedded broker has no port: \(broker.bootstrapServers)")
        }
        func places(_ numbers: Range<Int>) throws -> [WorkerPlace] {
            try numbers.map { try WorkerPlace(index: $0, database: server.port, broker: brokerPort) }
        }
        let chronicle = Chronicle()
        let workers = plan.request.workers
        let crew = Crew(
            places: try places(0..<workers),
            guests: try places(workers..<(workers + Self.guests)),
            orders: Crew.Orders(
                workerPath: workerPath,
                arguments: [
                    // As a property, so that the clients that join no group have it too: librdkafka compares the two.
                    "--kafka-property", "session.timeout.ms=\(Int(plan.request.session * 1_000))",
                    "--kafka-property", "max.poll.interval.ms=\(Int(plan.request.pollInterval * 1_000))",
                ],
                topic: Self.topic,
                group: Self.group,
                folder: folder
            ),
            chronicle: chronicle
        )
        let kafka = KafkaConfiguration(bootstrapServers: broker.bootstrapServers, clientID: "mention-nemesis")
        let arena = Arena(
            broker: broker,
            server: server,
            crew: crew,
            pulse: try Pulse(
                database: server.url,
                kafka: kafka,
                topic: Self.topic,
                group: Self.group,
                partitions: plan.request.partitions,
                chronicle: chronicle
            ),
            poisoner: try Poisoner(kafka, topic: Self.topic),
            chronicle: chronicle,
            latest: plan.request.seconds
        )
        return try await crew.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await arena.pulse.run() }
                group.addTask {
                    // Each metadata request takes one of the delays that the broker was given, and a long run them all.
                    while (try? await Task.sleep(for: .seconds(240))) != nil {
                        try? await broker.delayMetadata(requests: 4_096)
                    }
                }
                group.addTask { await show(arena) }
                let history = try await drive(arena, folder)
                group.cancelAll()
                return history
            }
        }
    }

    private func drive(_ arena: Arena, _ folder: String) async throws -> History {
        for place in arena.crew.places { arena.crew.start(at: place) }
        let partitions = plan.request.partitions
        guard await arena.pulse.waits(within: Self.sharing, for: { $0.held == partitions }) else {
            throw ProgramFailure(.unavailable, "the workers did not take the partitions: \(await tails(arena.crew))")
        }
        let producers = try Producers(
            arena.crew,
            servers: arena.broker.bootstrapServers,
            topic: Self.topic,
            folder: folder,
            seed: plan.request.seed,
            rate: plan.request.rate,
            seconds: plan.request.seconds
        )
        guard await arena.pulse.waits(within: Self.sharing, for: { $0.records > 0 }) else {
            throw ProgramFailure(
                .unavailable,
                "nothing was read: \(await tails(arena.crew)) \(producers.early.joined(separator: " "))"
            )
        }
        arena.chronicle.startClock()
        await arena.pulse.setAlone(Set(plan.faults.filter(\.isAlone).map(\.number)))
        await arena.pulse.startStalls()

        var checks = await breakThings(arena, producers)
        var truth = Producers.Truth()
        if checks.isEmpty {
            await arena.heal()
            truth = await producers.stop()
            await arena.poisoner.finish()
            checks += await finish(arena, truth)
            let faults = truth.faults
            checks.append(.check("producers", Int64(faults.count), faults.joined(separator: "; ")))
        }
        let view = await arena.pulse.view
        let cut = view.cut
        checks.append(
            .check("broker kept everything", Int64(cut.count), "records dropped of partitions \(cut.sorted())")
        )
        let book = arena.chronicle.contents
        let odd = book.exits.filter { !$0.expected && $0.name.hasPrefix("worker") }
        checks.append(
            .check("workers stay", Int64(odd.count), odd.map { "\($0.name): \($0.tail ?? "")" }.joined(separator: "; "))
        )
        let summary = Summary(
            plan: plan,
            book: book,
            checks: checks,
            seconds: arena.chronicle.now,
            longestStall: await arena.pulse.longestStall,
            records: view.ends.values.reduce(0, +),
            published: truth.published + Int64(await arena.poisoner.published)
        )
        await arena.poisoner.close()
        return History(plan: plan, book: book, checks: checks, summary: summary)
    }

    /// Does the plan until its end, a signal, or, where that is asked for, a check that fails; the checks that did.
    private func breakThings(_ arena: Arena, _ producers: Producers) async -> [CheckOutcome] {
        await withTaskGroup(of: [CheckOutcome]?.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { faults in
                    for planned in plan.faults {
                        let instant = arena.chronicle.instant(planned.at)
                        guard (try? await Task.sleep(until: instant)) != nil else { return }
                        faults.addTask { await arena.commit(planned) }
                    }
                }
                try? await Task.sleep(until: arena.chronicle.instant(plan.request.seconds))
                return []
            }
            group.addTask {
                await Shutdown.process.wait()
                return []
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.auditInterval)) != nil {
                    let early = producers.early
                    if !early.isEmpty { return [] }
                    guard stopsWhenRed else { continue }
                    let failed = await audit(arena).filter { $0.failures > 0 }
                    if !failed.isEmpty { return failed }
                }
                return nil
            }
            var found: [CheckOutcome] = []
            while let next = await group.next() {
                guard let next else { continue }
                found = next
                break
            }
            group.cancelAll()
            return found
        }
    }

    private func audit(_ arena: Arena) async -> [CheckOutcome] {
        do throws(PostgresError) {
            let connection = try await Self.connect(arena.server)
            do throws(PostgresError) {
                let outcomes = try await Checking.audit(on: connection)
                await connection.close()
                return outcomes
            } catch {
                await connection.close()
                return []
            }
        } catch {
            // The server is away: the next look sees what this one did not.
            return []
        }
    }

    /// Waits until all is read, ends the workers, and judges.
    private func finish(_ arena: Arena, _ truth: Producers.Truth) async -> [CheckOutcome] {
        var outcomes: [CheckOutcome] = []
        let ends = await settledEnds(arena)
        let isDrained = await arena.pulse.waits(within: Self.drain) { view in
            let next = Dictionary(uniqueKeysWithValues: view.partitions.map { ($0.partition, $0.nextOffset ?? 0) })
            return ends.allSatisfy { (next[$0.key] ?? 0) >= $0.value }
        }
        let view = await arena.pulse.view
        outcomes.append(.check("drained", isDrained ? 0 : max(1, view.lag), "\(view.lag) records wait"))
        for place in arena.crew.places {
            guard let process = place.process, !process.isExpectedToEnd else { continue }
            process.expectEnd()
            process.signal(SIGTERM)
        }
        var stubborn: [String] = []
        for place in arena.crew.places {
            guard let process = place.process else { continue }
            let end = await process.waitForEnd(within: .seconds(20))
            if end?.isSuccess != true { stubborn.append("\(process.name): \(process.tail())") }
        }
        outcomes.append(.check("workers drain", Int64(stubborn.count), stubborn.joined(separator: "; ")))
        do throws(PostgresError) {
            let connection = try await Self.connect(arena.server)
            outcomes += try await Checking.judge(
                on: connection,
                expecting: FarmExpectation(
                    group: Self.group,
                    topic: Self.topic,
                    ends: ends,
                    newMentions: truth.mentions,
                    revisions: truth.revisions,
                    leastDeadLetters: truth.deadLetters + Int64(await arena.poisoner.published)
                )
            )
            await connection.close()
        } catch {
            outcomes.append(.check("checks", 1, "\(error)"))
        }
        return outcomes
    }

    /// The ends of all partitions, once nobody publishes any more.
    private func settledEnds(_ arena: Arena) async -> [Int32: Int64] {
        let since = arena.chronicle.now + 2.5
        _ = await arena.pulse.waits(within: .seconds(10)) { $0.at > since }
        return await arena.pulse.view.ends
    }

    /// One line on a terminal that is written over; nothing in a pipe.
    private func show(_ arena: Arena) async {
        var line = ProgressLine()
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            let view = await arena.pulse.view
            let book = arena.chronicle.contents
            line.show(at: .now) {
                let done = Dictionary(book.faults.filter(\.happened).map { ($0.kind, 1) }, uniquingKeysWith: +)
                let kinds = done.sorted { $0.key < $1.key }.map { "\($0.key.rawValue) \($0.value)" }
                let seconds = Int(arena.chronicle.now)
                return "\(seconds)s, \(book.faults.count) of \(plan.faults.count) faults, \(Int(view.rate)) records/s, "
                    + "lag \(view.lag): \(kinds.joined(separator: ", "))"
            }
        }
        line.clear()
    }

    private func tails(_ crew: Crew) async -> String {
        crew.places.compactMap { $0.process.map { "\($0.name): \($0.tail())" } }.joined(separator: "; ")
    }

    private static func connect(_ server: EmbeddedPostgres) async throws(PostgresError) -> PostgresConnection {
        try await Schema.connect(
            PostgresTarget(url: server.url),
            applicationName: "mention-nemesis",
            timeout: .seconds(10)
        )
    }
}

/// Where the programs of a run write.
private struct RunFolder {
    let path: String
    private let isTemporary: Bool

    init(_ given: String?) throws {
        if let given {
            path = URL(fileURLWithPath: given).path
            isTemporary = false
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw ProgramFailure(.configuration, "--keep-logs: can't make the folder \(path)")
            }
        } else {
            var template = Array((NSTemporaryDirectory() + "/mention-nemesis-XXXXXX").utf8CString)
            guard mkdtemp(&template) != nil else {
                throw ProgramFailure(.configuration, "can't make a folder in \(NSTemporaryDirectory()): check TMPDIR")
            }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            isTemporary = true
        }
    }

    func removeIfTemporary() {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}
