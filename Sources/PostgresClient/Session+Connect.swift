import CLibPQ
import Glibc

extension Session {
    /// What is set unless the URL says otherwise: a peer that is gone is noticed within half a minute, also while a
    /// statement waits for its answer.
    private static let defaults = [
        "keepalives": "1",
        "keepalives_idle": "15",
        "keepalives_interval": "5",
        "keepalives_count": "3",
        "tcp_user_timeout": "30000",
    ]

    /// Opens a connection.
    ///
    /// Looking a host name up blocks in the C library and is bounded only by the resolver's own timeouts.
    static func open(
        _ target: PostgresTarget,
        applicationName: String,
        waker: Waker,
        operation: Operation
    ) throws(PostgresError) -> Session {
        guard var options = target.options() else {
            throw operation.error(
                .invalidTarget,
                "the database URL can't be read; it looks like postgresql://user@host:5432/database, with @ / : % in a "
                    + "password written as %40 %2F %3A %25"
            )
        }
        options.merge(defaults) { given, _ in given }
        options["fallback_application_name"] = applicationName
        // All strings are taken as UTF-8 here, so this is not the URL's to choose.
        options["client_encoding"] = "UTF8"
        guard let connection = start(options) else {
            throw operation.error(.connectionRefused, "out of memory")
        }
        // From the first message on: what a server says before it lets us in would go to standard error.
        let notices = NoticeCounter()
        notices.install(on: connection)
        do {
            try handshake(connection, target, options["password"], waker, operation)
            return Session(connection: connection, waker: waker, notices: notices)
        } catch {
            // libpq knows the counter's address until here.
            withExtendedLifetime(notices) { PQfinish(connection) }
            throw error
        }
    }

    private static func start(_ options: [String: String]) -> OpaquePointer? {
        var keywords: [UnsafeMutablePointer<CChar>?] = []
        var values: [UnsafeMutablePointer<CChar>?] = []
        for (keyword, value) in options {
            keywords.append(strdup(keyword))
            values.append(strdup(value))
        }
        keywords.append(nil)
        values.append(nil)
        defer { (keywords + values).forEach { free($0) } }
        return keywords.map { UnsafePointer($0) }.withUnsafeBufferPointer { keywords in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectStartParams(keywords.baseAddress, values.baseAddress, 0)
            }
        }
    }

    private static func handshake(
        _ connection: OpaquePointer,
        _ target: PostgresTarget,
        _ password: String?,
        _ waker: Waker,
        _ operation: Operation
    ) throws(PostgresError) {
        // libpq 15 has no getter for the SQLSTATE of a refused login, but with this it writes it into the message.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        func failure() -> PostgresError {
            let report = ConnectReport(text: String(cString: PQerrorMessage(connection)), password: password)
            return operation.error(report.kind, "cannot connect to \(target): \(report.summary)")
        }
        var wanted = PGRES_POLLING_WRITING
        guard PQstatus(connection) != CONNECTION_BAD else { throw failure() }
        while wanted != PGRES_POLLING_OK {
            if wanted == PGRES_POLLING_FAILED { throw failure() }
            if let kind = operation.due { throw operation.error(kind, "cannot connect to \(target): no answer yet") }
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var descriptors = [
                pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
                pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, operation.pollTimeout) > 0 else { continue }
            if descriptors[1].revents != 0 { waker.drain() }
            if descriptors[0].revents != 0 { wanted = PQconnectPoll(connection) }
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
    }
}

/// What libpq's text says about a connection that was not made.
///
/// A report has a line per host and address that was tried. A server's refusal reads
/// `…: FATAL:  28P01: password authentication failed…` in verbose mode; only the severity and the text after the code
/// are translated, so the code is found by its shape. What libpq says by itself is English: programs in Swift don't
/// set a locale.
struct ConnectReport {
    let kind: PostgresError.Kind
    let summary: String

    /// Reasons of libpq's own that no retry cures.
    private static let refusals = [
        "no password supplied", "does not support SSL", "certificate", "authentication method", "private key",
        "SCRAM", "server closed the connection: protocol",
    ]

    init(text: String, password: String?) {
        var lines = text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
        lines.removeAll { $0.hasPrefix("LOCATION:") || $0.isEmpty }
        var summary = lines.joined(separator: "; ")
        if let password, !password.isEmpty { summary.replace(password, with: "***") }
        // Several addresses may have been tried, but what listens there may also be no PostgreSQL and say anything.
        self.summary = String(summary.prefix(2000))

        if let code = lines.compactMap({ Self.sqlState(in: $0) }).last {
            kind = .server(sqlState: code)
        } else if !summary.contains("connection to server"), !summary.contains("could not translate host name"),
            !summary.contains("out of memory")
        {
            kind = .invalidTarget
        } else if Self.refusals.contains(where: { summary.contains($0) }) {
            kind = .invalidTarget
        } else {
            kind = .connectionRefused
        }
    }

    /// The code in `…:  28P01: …`: five capitals or digits between two spaces and a colon.
    static func sqlState(in line: some StringProtocol) -> String? {
        let bytes = Array(line.utf8)
        var index = 0
        while index + 9 <= bytes.count {
            let window = bytes[index..<index + 9]
            let code = window.dropFirst(3).prefix(5)
            if window.starts(with: [0x3A, 0x20, 0x20]), window.last == 0x3A,
                code.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) })
            {
                return String(decoding: code, as: UTF8.self)
            }
            index += 1
        }
        return nil
    }
}
