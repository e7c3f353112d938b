/// A failure of a connection or of a statement, safe to log as it is.
public struct PostgresError: Error, Sendable, Hashable {
    /// What went wrong.
    public enum Kind: Sendable, Hashable {
        /// The server answered with an error of this SQLSTATE (five characters).
        case server(sqlState: String)
        /// The connection ended before the answer. Whether the statement took effect is unknown.
        case connectionLost
        /// No connection could be made: name unknown, refused, no route. Worth another try later.
        case connectionRefused
        /// The answer did not come in time. Whether the statement took effect is unknown if the connection is closed.
        case timedOut
        /// The task was cancelled while it waited. As with ``timedOut``.
        case cancelled
        /// The connection string or its options can't be used as they are.
        case invalidTarget
        /// The server or the caller did what this client has no answer to, such as a COPY inside a pipeline.
        case protocolViolation
    }

    /// What went wrong.
    public let kind: Kind
    /// One sentence. The server's primary message only where its class holds no data; otherwise the name of the
    /// SQLSTATE and the constraint, table and column. Never DETAIL, never a parameter, never a password.
    public let message: String
    /// The name of the operation, as given to ``PostgresStatement``.
    public let statement: String
    /// Index of the statement in its pipeline, or nil outside one.
    public let statementIndex: Int?
    /// The violated constraint, where the server names one.
    public let constraint: String?

    /// Makes an error; also for stores that find a broken rule themselves.
    public init(
        kind: Kind,
        message: String,
        statement: String,
        statementIndex: Int? = nil,
        constraint: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.statement = statement
        self.statementIndex = statementIndex
        self.constraint = constraint
    }

    /// The server's SQLSTATE, or nil for a failure on this side.
    public var sqlState: String? {
        if case .server(let sqlState) = kind { sqlState } else { nil }
    }

    /// What the failure asks of the caller.
    public var failureClass: FailureClass {
        switch kind {
        case .server(let sqlState): FailureClass(sqlState: sqlState)
        case .invalidTarget: .configuration
        case .connectionLost, .connectionRefused, .timedOut, .cancelled, .protocolViolation: .transient
        }
    }

    /// The same error at a place in a pipeline.
    func at(index: Int) -> PostgresError {
        PostgresError(
            kind: kind,
            message: message,
            statement: statement,
            statementIndex: index,
            constraint: constraint
        )
    }
}

extension PostgresError: CustomStringConvertible {
    /// Operation, code and message on one line.
    public var description: String {
        let code =
            switch kind {
            case .server(let sqlState): "SQLSTATE \(sqlState)"
            case .connectionLost: "connection lost"
            case .connectionRefused: "connection refused"
            case .timedOut: "timed out"
            case .cancelled: "cancelled"
            case .invalidTarget: "invalid target"
            case .protocolViolation: "protocol violation"
            }
        return "\(statement): \(code): \(message)"
    }
}
