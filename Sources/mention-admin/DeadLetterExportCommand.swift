import ArgumentParser
import Foundation
import MentionModel
import Persistence
import PostgresClient
import Runtime

struct DeadLettersExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes dead letters as JSON lines with all columns, the payload in base64; oldest first.",
        discussion: """
            Payloads are personal data: a file is made for its owner alone, and never in place of another.

            Examples:
              mention-admin dead-letters export --status open --output open.ndjson
              mention-admin dead-letters export 17 | jq -r .payload | base64 -d
            """
    )

    @OptionGroup var letters: LetterOptions
    @Option(help: "Only this status.") var status: LetterOptions.Status?
    @Option(help: "At most so many.") var limit: Int64?
    @Option(help: ArgumentHelp("To this new file instead of standard output.", valueName: "file")) var output: String?
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        let file = try output.map { try ExportFile($0) }
        do {
            var count = 0
            try await options.withDatabase { connection, _ in
                try await letters.checkIDs(on: connection)
                count = try await export(connection) { lines in
                    if let file {
                        try file.write(lines)
                    } else if !StandardStream.output.write(lines) {
                        throw ProgramFailure(.internalError, "standard output was closed before the end")
                    }
                }
            }
            try file?.finish()
            if file != nil { StandardStream.error.write("mention-admin: \(count) dead letters exported\n") }
        } catch {
            file?.discard()
            throw error
        }
    }

    private func export(_ connection: PostgresConnection, _ write: (String) throws -> Void) async throws -> Int {
        let selection = try letters.selection(status)
        let last = try await DeadLetterReading.last(on: connection)
        let limit = limit ?? .max
        var beyond: Int64 = 0
        var count = 0
        while count < limit {
            // At most 1 MiB each.
            let page = try await DeadLetterReading.page(
                of: selection,
                beyond: beyond,
                through: last,
                limit: min(16, limit - Int64(count)),
                on: connection
            )
            guard let end = page.last else { break }
            beyond = end.id
            count += page.count
            let payloads = try await DeadLetterReading.payloads(of: page.map(\.id), on: connection)
            try write(Self.report(page, payloads).jsonLines)
        }
        return count
    }

    private static func report(_ rows: [DeadLetterRow], _ payloads: [Int64: [UInt8]]) -> Report {
        var report = Report(
            "id",
            "consumer_group",
            "kafka_topic",
            "kafka_partition",
            "kafka_offset",
            "kafka_incarnation",
            "reason",
            "detail",
            "status",
            "outcome",
            "first_seen_at",
            "resolved_at",
            "resolved_by",
            "record_timestamp",
            "payload_bytes",
            "payload_sha256",
            "payload"
        )
        func time(_ microseconds: Int64?) -> Cell {
            .text(microseconds.map { Timestamp(microseconds: $0).rfc3339 })
        }
        for row in rows {
            report.add(
                .integer(row.id),
                .text(row.group),
                .text(row.topic),
                .integer(Int64(row.partition)),
                .integer(row.offset),
                .integer(Int64(row.incarnation)),
                .text(row.reason),
                .text(row.detail),
                .text(row.status),
                .text(row.outcome),
                time(row.firstSeenAt),
                time(row.resolvedAt),
                .text(row.resolvedBy),
                time(row.recordTimestamp),
                .integer(row.payloadBytes),
                .text(row.payloadSHA256.map(Hexadecimal.text)),
                .text(payloads[row.id].map { Data($0).base64EncodedString() })
            )
        }
        return report
    }
}

/// A file that is there whole or not at all.
private final class ExportFile {
    private let path: String
    private let partial: String
    private let handle: FileHandle

    init(_ path: String) throws {
        self.path = path
        partial = path + ".partial"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ProgramFailure(.usage, "\(path) exists already: choose another name for --output, or remove it")
        }
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let why = String(cString: strerror(errno))
            throw ProgramFailure(.usage, "\(partial) can't be made (\(why)): choose another place for --output")
        }
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ text: String) throws {
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            throw ProgramFailure(.internalError, "\(partial) can't be written: is the disk full?")
        }
    }

    func finish() throws {
        do {
            try handle.close()
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            throw ProgramFailure(.internalError, "\(partial) can't be renamed to \(path)")
        }
    }

    func discard() {
        // What is left can only be the part that nobody asked for.
        try? FileManager.default.removeItem(atPath: partial)
    }
}
