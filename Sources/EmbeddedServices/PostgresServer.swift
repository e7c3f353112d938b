import Foundation
import PostgresClient

/// A PostgreSQL server of our own on a free port of the loopback, for demos, tests and benchmarks.
///
/// It ends at the latest with this process, even if that is killed (the kernel then asks the server to shut down);
/// only a temporary folder is left behind in that case. It needs the server programs of Debian's `postgresql`; as
/// root it runs under the account "postgres".
public actor EmbeddedPostgres {
    /// How ``stop(mode:)`` ends the server.
    public enum StopMode: Sendable {
        /// Ends the connections, writes a checkpoint.
        case fast
        /// As a crash would: the next start recovers from the log.
        case immediate
    }

    /// The database that is made in every cluster.
    public static let databaseName = "mention_farm"

    /// `postgresql://postgres@127.0.0.1:PORT/mention_farm`; the same after ``restart(mode:)``.
    public nonisolated let url: String
    /// The port on 127.0.0.1.
    public nonisolated let port: UInt16
    /// The cluster's folder, with `server.log` in it.
    public nonisolated let dataDirectory: String

    private let folder: PostgresDataFolder
    private let installation: PostgresInstallation
    private let settings: [String: String]
    /// Tells our server from another one that took the port first.
    private let clusterName = "mention-farm-\(UInt64.random(in: .min ... .max))"
    private var process: PostgresProcess?

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - dataDirectory: a cluster there is started again, and kept when the server stops; an empty or missing folder
    ///     gets a new one. Nil: a fresh folder under the temporary directory, removed by ``stop(mode:)``.
    ///   - port: the port to use; nil or 0 for a free one.
    ///   - settings: server settings over ours.
    /// - Throws: ``EmbeddedPostgresError``, or `CancellationError`.
    public static func start(
        dataDirectory: String? = nil,
        port: UInt16? = nil,
        settings: [String: String] = [:]
    ) async throws -> EmbeddedPostgres {
        let folder = try PostgresDataFolder(dataDirectory)
        do {
            let installation = try PostgresInstallation.find(version: folder.clusterVersion)
            if folder.clusterVersion == nil { try await folder.initialize(installation) }
            var attempts = 0
            while true {
                attempts += 1
                let given = port.flatMap { $0 == 0 ? nil : $0 }
                guard let chosen = given ?? PostgresDefaults.freePort() else {
                    throw EmbeddedPostgresError(.startFailed, "no free port on the loopback")
                }
                let server = EmbeddedPostgres(folder, installation, chosen, settings)
                do {
                    try await server.launch()
                    return server
                } catch let error as EmbeddedPostgresError
                    where given == nil && attempts < 3 && error.description.contains("could not bind")
                {
                    continue
                }
            }
        } catch {
            folder.removeIfTemporary()
            throw error
        }
    }

    private init(
        _ folder: PostgresDataFolder,
        _ installation: PostgresInstallation,
        _ port: UInt16,
        _ settings: [String: String]
    ) {
        self.folder = folder
        self.installation = installation
        self.port = port
        self.settings = PostgresDefaults.settings(memory: PostgresDefaults.memory()).merging(settings) { $1 }
        dataDirectory = folder.path
        url = "postgresql://postgres@127.0.0.1:\(port)/\(Self.databaseName)"
    }

    /// Stops the server, waits for its end, and removes the folder if it was made for it. Harmless when repeated.
    public func stop(mode: StopMode = .fast) async {
        await halt(mode)
        folder.removeIfTemporary()
    }

    /// Ends the server and keeps its folder, for ``resume()``.
    public func halt(_ mode: StopMode = .fast) async {
        await process?.stop(immediately: mode == .immediate)
        process = nil
    }

    /// Starts the server again after ``halt(_:)``, on the same port and data.
    public func resume() async throws {
        guard process == nil else { return }
        try await launch()
    }

    /// Stops the server and starts it again on the same port and data.
    public func restart(mode: StopMode = .fast) async throws {
        await halt(mode)
        try await launch()
    }

    private func launch() async throws {
        let log = open(folder.logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else {
            throw EmbeddedPostgresError(.badDataDirectory, "cannot write \(folder.logPath)")
        }
        var arguments = [
            "-D", folder.path, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
            "-c", "cluster_name=\(clusterName)",
        ]
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { arguments += ["-c", "\(name)=\(value)"] }
        let process = PostgresProcess(installation.configuration("postgres", arguments), output: log)
        self.process = process
        do {
            try await awaitReadiness(process)
        } catch {
            await process.stop(immediately: true)
            self.process = nil
            throw error
        }
    }

    /// Tries to connect until the server answers, ends, or a minute is over (a crash recovery takes its time).
    private func awaitReadiness(_ process: PostgresProcess) async throws {
        let target = PostgresTarget(url: "postgresql://postgres@127.0.0.1:\(port)/postgres")
        let deadline = ContinuousClock.now + .seconds(60)
        var last = "no attempt yet"
        while ContinuousClock.now < deadline {
            try Task.checkCancellation()
            if process.hasEnded {
                throw EmbeddedPostgresError(.startFailed, "the server did not start: \(folder.logTail())")
            }
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(
                    target,
                    applicationName: "embedded",
                    timeout: .seconds(5)
                )
                // Another server may have taken the port; ours would have ended then, which the next turn sees.
                let name = try await connection.query(
                    PostgresStatement("embedded.name", "SELECT current_setting('cluster_name')")
                )
                if name.string(0, 0) == clusterName {
                    try await createDatabase(connection)
                    await connection.close()
                    return
                }
                await connection.close()
                last = "another server answers on port \(port)"
            } catch {
                last = error.description
                guard error.failureClass == .transient else {
                    throw EmbeddedPostgresError(.startFailed, "the server refuses: \(last)")
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw EmbeddedPostgresError(.startFailed, "no answer within a minute: \(last); \(folder.logTail())")
    }

    private func createDatabase(_ connection: PostgresConnection) async throws(PostgresError) {
        let found = try await connection.query(
            PostgresStatement(
                "embedded.database",
                "SELECT 1 FROM pg_database WHERE datname = $1",
                [.text(Self.databaseName)]
            )
        )
        if found.rowCount == 0 {
            try await connection.execute("embedded.database", script: "CREATE DATABASE \(Self.databaseName)")
        }
    }
}
