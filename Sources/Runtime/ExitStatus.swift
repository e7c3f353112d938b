/// How a program ended: the exit codes of the contract, the same for every program.
public enum ExitStatus: Int32, Sendable {
    /// Everything that was asked was done.
    case success = 0
    /// The command line is wrong.
    case usage = 64
    /// A service (Kafka, PostgreSQL) stayed away.
    case unavailable = 69
    /// An error of the program itself.
    case internalError = 70
    /// A partition is paused for a fault.
    case pausedForFault = 75
    /// A login, database, topic, schema version or setting is refused.
    case configuration = 78
}

/// Why a program ends: what the user reads and what the shell gets.
public struct ProgramFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The exit code.
    public var exitStatus: ExitStatus
    /// One sentence that names what is wrong and what to do about it. Holds no secret and no text of a mention.
    public var message: String

    /// Makes a failure.
    public init(_ exitStatus: ExitStatus, _ message: String) {
        self.exitStatus = exitStatus
        self.message = message
    }

    /// The message.
    public var description: String { message }
}

/// An error of another layer that knows how a program ends because of it.
///
/// ``runProgram(_:arguments:)`` asks this of every error that reaches it; errors without an answer end the program
/// with ``ExitStatus/internalError``.
public protocol ProgramFailureConvertible: Error {
    /// The exit code and the sentence for the user.
    var programFailure: ProgramFailure { get }
}

extension ProgramFailure: ProgramFailureConvertible {
    /// Itself.
    public var programFailure: ProgramFailure { self }
}
