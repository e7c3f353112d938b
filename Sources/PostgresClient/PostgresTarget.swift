import CLibPQ
import Glibc

/// Where a database is: a libpq URI (`postgresql://user@host:5432/name?sslmode=require`), a keyword string
/// (`host=… dbname=…`), or nothing, which leaves everything to libpq's `PG*` environment variables.
///
/// Its descriptions never hold the password.
public struct PostgresTarget: Sendable {
    /// The connection string, password included.
    private let connectionString: String

    /// Takes a libpq URI or keyword string; nil or "" for libpq's environment variables. It is checked on connecting.
    public init(url: String?) {
        connectionString = url ?? ""
    }

    /// The options that the string sets, or nil if libpq can't read it. The reason is left out: libpq quotes the whole
    /// string in it, with the password.
    ///
    /// Nil too where an `@` or a `/` in a password, which should have been encoded, makes libpq take a part of the
    /// password for a host, a port or a database: it would show up in messages.
    func options() -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(connectionString, &message)
        if let message { PQfreemem(message) }
        guard let parsed else { return nil }
        defer { PQconninfoFree(parsed) }
        let values = Self.values(parsed)
        let isAstray = ["host", "hostaddr", "port", "dbname"].contains { keyword in
            // As it stands in the string: one that was encoded is meant.
            values[keyword].map { $0.contains("@") && connectionString.contains($0) } ?? false
        }
        return isAstray ? nil : values
    }

    /// What libpq would take for options that the string doesn't set: environment variables, else built-in defaults.
    private static func defaults() -> [String: String] {
        guard let parsed = PQconndefaults() else { return [:] }
        defer { PQconninfoFree(parsed) }
        return values(parsed)
    }

    private static func values(_ parsed: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }
}

extension PostgresTarget: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host, port, database and user: "db.example:5432/mention_farm as farm".
    public var description: String {
        guard let options = options() else { return "an unreadable database URL" }
        let defaults = Self.defaults()
        func value(_ keyword: String) -> String? {
            [options[keyword], defaults[keyword]].lazy.compactMap { $0 }.first { !$0.isEmpty }
        }
        let host = value("host") ?? value("hostaddr") ?? "local socket"
        let user = value("user") ?? "unnamed"
        return "\(host):\(value("port") ?? "5432")/\(value("dbname") ?? user) as \(user)"
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// No children, so that `dump` shows no password.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
