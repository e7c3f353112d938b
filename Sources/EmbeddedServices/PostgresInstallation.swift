import Foundation
import Subprocess

/// Why a throw-away PostgreSQL could not be had.
public struct EmbeddedPostgresError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, for programs.
    public enum Code: Sendable, Hashable {
        /// PostgreSQL's server programs, or another program that is needed, are not installed.
        case programMissing
        /// The data folder can't be made, owned or used.
        case badDataDirectory
        /// `initdb` failed.
        case initFailed
        /// The server ended instead of starting, or didn't answer in time.
        case startFailed
    }

    /// What went wrong, for programs.
    public let code: Code
    /// What went wrong and what to do, for people; may hold the last lines of the server's log.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// The server programs of one PostgreSQL version, and the account that may run them.
struct PostgresInstallation: Sendable {
    /// An account of the system.
    struct Account: Sendable {
        let name: String
        let user: uid_t
        let group: gid_t
    }

    /// Holds `initdb` and `postgres`.
    let folder: String
    /// The account to change to, or nil to run as we are. PostgreSQL refuses to run as root.
    let account: Account?
    private let setpriv: String?

    /// Finds the newest version in Debian's folders, else what is in PATH.
    ///
    /// - Parameter version: the major version that an existing cluster needs.
    static func find(version: String?) throws(EmbeddedPostgresError) -> PostgresInstallation {
        let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: isProgram)
        var account: Account?
        if geteuid() == 0 {
            guard setpriv != nil else {
                throw EmbeddedPostgresError(.programMissing, "setpriv is missing: apt-get install util-linux")
            }
            guard let entry = getpwnam("postgres") else {
                throw EmbeddedPostgresError(
                    .programMissing,
                    "PostgreSQL does not run as root and there is no account \"postgres\": apt-get install postgresql"
                )
            }
            account = Account(name: "postgres", user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        }
        let debian = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: debian)) ?? [])
            .filter { version == nil || $0 == version }
            .sorted { $0.compare($1, options: .numeric) == .orderedDescending }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = versions.map { "\(debian)/\($0)/bin" } + path.split(separator: ":").map { String($0) }
        guard
            let folder = folders.first(where: { isProgram("\($0)/initdb") && isProgram("\($0)/postgres") })
        else {
            let package = version.map { "postgresql-\($0)" } ?? "postgresql"
            throw EmbeddedPostgresError(
                .programMissing,
                "PostgreSQL's server programs are missing: apt-get install \(package)"
            )
        }
        return PostgresInstallation(folder: folder, account: account, setpriv: setpriv)
    }

    private static func isProgram(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: path)
    }

    /// How to run one of the programs: as the right account, and so that it is told to stop (SIGINT, a fast shutdown)
    /// when the thread that started it ends, that is when this process does, in whatever way.
    func configuration(_ program: String, _ arguments: [String]) -> Configuration {
        var command: [String] = []
        if let setpriv {
            command = [setpriv, "--pdeathsig", "INT"]
            if let account {
                command += ["--reuid", account.name, "--regid", "\(account.group)", "--init-groups"]
            }
            command.append("--")
        }
        command.append("\(folder)/\(program)")
        command += arguments
        var options = PlatformOptions()
        // A Ctrl-C on the terminal is ours to handle: the database must outlive those who write to it.
        options.createSession = true
        options.teardownSequence = [.send(signal: .interrupt, allowedDurationToNextStep: .seconds(30))]
        return Configuration(
            executable: .path(.init(command.removeFirst())),
            arguments: Arguments(command),
            // Nothing inherited: PGPORT, PGDATA, LANG and the like would change the server.
            environment: .custom(["PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"]),
            platformOptions: options
        )
    }
}
