import Foundation
import Subprocess

/// The folder of a cluster.
struct PostgresDataFolder: Sendable {
    /// The server's own log in it.
    static let logName = "server.log"

    let path: String
    /// Whether the folder was made for this server alone and goes with it.
    let isTemporary: Bool

    var logPath: String { "\(path)/\(Self.logName)" }

    /// The major version of the cluster in it, or nil if there is none.
    var clusterVersion: String? {
        guard let text = try? String(contentsOfFile: "\(path)/PG_VERSION", encoding: .utf8) else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Takes the given folder, made if need be, or a fresh one under the temporary directory.
    init(_ given: String?) throws(EmbeddedPostgresError) {
        if let given {
            path = URL(fileURLWithPath: given).path
            isTemporary = false
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw EmbeddedPostgresError(.badDataDirectory, "cannot make the folder \(path)")
            }
            return
        }
        let temporary = FileManager.default.temporaryDirectory.path
        var template = Array("\(temporary)/mention-farm-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw EmbeddedPostgresError(.badDataDirectory, "cannot make a folder in \(temporary)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        isTemporary = true
    }

    /// Makes an empty cluster in it: UTF-8, C locale, superuser "postgres", reachable from this machine alone.
    func initialize(_ installation: PostgresInstallation) async throws {
        guard ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).isEmpty else {
            throw EmbeddedPostgresError(.badDataDirectory, "\(path) is neither empty nor a PostgreSQL cluster")
        }
        if let account = installation.account, chown(path, account.user, account.group) != 0 {
            throw EmbeddedPostgresError(.badDataDirectory, "cannot give \(path) to the account \(account.name)")
        }
        var arguments = [
            "--pgdata", path, "--username", "postgres", "--encoding", "UTF8", "--locale", "C", "--auth", "trust",
            "--no-instructions",
        ]
        if isTemporary { arguments.append("--no-sync") }
        let run: ExecutionResult<Void, StringOutput<UTF8>, CombinedErrorOutput>
        do {
            run = try await Subprocess.run(
                installation.configuration("initdb", arguments),
                output: .string(limit: 64 << 10),
                error: .combinedWithOutput
            )
        } catch let error as SubprocessError {
            throw EmbeddedPostgresError(.initFailed, "initdb could not be run: \(error)")
        }
        try Task.checkCancellation()
        guard run.terminationStatus.isSuccess else {
            throw EmbeddedPostgresError(.initFailed, "initdb failed: \(run.standardOutput.suffix(500))")
        }
        let access = """
            # The superuser needs no password from this machine; everybody else does. Nobody comes from elsewhere.
            host all postgres 127.0.0.1/32 trust
            host all all 127.0.0.1/32 scram-sha-256

            """
        do {
            try Data(access.utf8).write(to: URL(fileURLWithPath: "\(path)/pg_hba.conf"))
        } catch {
            throw EmbeddedPostgresError(.badDataDirectory, "cannot write \(path)/pg_hba.conf")
        }
    }

    /// The end of the server's log, for an error message.
    func logTail() -> String {
        guard let handle = FileHandle(forReadingAtPath: logPath) else { return "" }
        defer { try? handle.close() }
        let end = (try? handle.seekToEnd()) ?? 0
        try? handle.seek(toOffset: end > 1000 ? end - 1000 : 0)
        let data = (try? handle.readToEnd()) ?? nil
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// Removes a temporary folder; leaves a given one alone.
    func removeIfTemporary() {
        if isTemporary { try? FileManager.default.removeItem(atPath: path) }
    }
}
