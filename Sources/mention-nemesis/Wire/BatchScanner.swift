/// Watches one connection of a worker to PostgreSQL: who it is, and where it stands in a batch.
///
/// It knows the statements by their text, as they are prepared, and follows the names under which they are used.
struct BatchScanner: Sendable {
    /// What happened on the way to the server, and behind which of the bytes given.
    enum ClientEvent: Sendable, Equatable {
        /// A transaction was begun.
        case began(end: Int)
        /// The guard of a batch was sent, so that the server takes its locks.
        case guarded(end: Int)
        /// The commit of a batch was sent.
        case committing(end: Int)
        /// A claim of partitions was sent.
        case claiming
    }

    /// What happened on the way back, and before which of the bytes given.
    enum ServerEvent: Sendable, Equatable {
        /// A batch was committed.
        case committed(start: Int)
        /// The server refused a statement of a batch, with this SQLSTATE.
        case refused(String)
        /// The transaction is over in another way.
        case ended
    }

    private enum Known {
        case begin
        case theGuard
        case commit
        case claim
    }

    /// `application_name` of the connection; nil until it was said.
    private(set) var application: String?
    /// The backend's process; nil until the server has named it.
    private(set) var backend: Int32?
    /// Whether a batch is in flight: begun, guarded, and its commit not answered.
    private(set) var isInBatch = false

    private var client = MessageFramer(isClient: true)
    private var server = MessageFramer(isClient: false)
    private var statements: [[UInt8]: Known] = [:]
    private var bound: Known?
    private var isInTransaction = false

    init() {}

    /// Whether the connection is the one that writes batches.
    var isWriter: Bool { application?.contains(" writer") == true }

    /// Takes bytes that the worker sent.
    mutating func sent(_ bytes: ArraySlice<UInt8>) -> [ClientEvent] {
        var events: [ClientEvent] = []
        for message in client.take(bytes) {
            switch message.type {
            case 0: readStartup(message.head)
            case UInt8(ascii: "P"): readParse(message.head)
            case UInt8(ascii: "B"): readBind(message.head)
            case UInt8(ascii: "E"):
                switch bound {
                case .begin:
                    isInTransaction = true
                    events.append(.began(end: message.end))
                case .theGuard where isInTransaction:
                    isInBatch = true
                    events.append(.guarded(end: message.end))
                case .commit where isInBatch:
                    events.append(.committing(end: message.end))
                case .claim: events.append(.claiming)
                case .theGuard, .commit, nil: break
                }
                bound = nil
            default: break
            }
        }
        return events
    }

    /// Takes bytes that the server sent.
    mutating func received(_ bytes: ArraySlice<UInt8>) -> [ServerEvent] {
        var events: [ServerEvent] = []
        for message in server.take(bytes) {
            switch message.type {
            case UInt8(ascii: "K") where message.head.count >= 4:
                backend = Int32(truncatingIfNeeded: message.head.prefix(4).reduce(0) { $0 << 8 | Int($1) })
            case UInt8(ascii: "E") where isInBatch: events.append(.refused(Self.sqlState(message.head)))
            case UInt8(ascii: "C") where message.head.starts(with: Array("COMMIT".utf8)):
                if isInBatch { events.append(.committed(start: message.start)) }
                isInBatch = false
                isInTransaction = false
            case UInt8(ascii: "C") where message.head.starts(with: Array("ROLLBACK".utf8)):
                if isInBatch { events.append(.ended) }
                isInBatch = false
                isInTransaction = false
            default: break
            }
        }
        return events
    }

    /// Version, then names and values, each ended by a zero.
    private mutating func readStartup(_ head: [UInt8]) {
        let words = head.dropFirst(4).split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        for index in stride(from: 0, to: words.count - 1, by: 2) where words[index] == "application_name" {
            application = words[index + 1]
        }
    }

    /// The statement's name, a zero, its text.
    private mutating func readParse(_ head: [UInt8]) {
        let parts = head.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let text = String(decoding: parts[1].prefix { $0 != 0 }, as: UTF8.self)
        let known: Known? =
            switch text {
            case "BEGIN": .begin
            case "COMMIT": .commit
            case _ where text.hasPrefix("SELECT guard("): .theGuard
            case _ where text.hasPrefix("SELECT * FROM claim("): .claim
            default: nil
            }
        statements[Array(parts[0])] = known
    }

    /// Fields, each with its type before and a zero behind; empty where the code is not among the first bytes.
    private static func sqlState(_ head: [UInt8]) -> String {
        let code = head.split(separator: 0).first { $0.first == UInt8(ascii: "C") }
        return String(decoding: code?.dropFirst() ?? [], as: UTF8.self)
    }

    /// The portal's name, a zero, the statement's name, a zero.
    private mutating func readBind(_ head: [UInt8]) {
        let parts = head.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        bound = parts.count == 3 ? statements[Array(parts[1])] : nil
    }
}
