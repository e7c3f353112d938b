import CLibPQ
import Glibc

/// Owner of a `PGresult`.
///
/// `@unchecked Sendable`: a result is not changed after it was received, and libpq's functions that read one may be
/// called from any thread.
final class ResultHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// Rows that a command says it has touched.
    var affectedRows: Int {
        guard let text = PQcmdTuples(pointer) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    /// The error in this result, or nil if it is none.
    ///
    /// An error of severity FATAL or PANIC ends the connection, whatever its SQLSTATE.
    func serverError(_ operation: Operation) -> PostgresError? {
        guard status == PGRES_FATAL_ERROR else { return nil }
        guard let code = field("C") else {
            // Made by libpq itself; its text may quote what it received.
            return operation.error(.connectionLost, "the connection broke while the answer was read")
        }
        let names = ["constraint": field("n"), "table": field("t"), "column": field("c")]
            .compactMap { label, name in name.map { "\(label) \($0)" } }
            .sorted()
        var message = SQLState.name(code)
        if SQLState.messageHoldsNoData(code), let primary = field("M") { message = primary }
        if !names.isEmpty { message += " (\(names.joined(separator: ", ")))" }
        if let severity = field("V"), severity == "FATAL" || severity == "PANIC" {
            return operation.error(.connectionLost, "the server ended the connection (\(code)): \(message)")
        }
        return PostgresError(
            kind: .server(sqlState: code),
            message: message,
            statement: operation.name,
            constraint: field("n")
        )
    }

    /// The longest part of a server's report that is kept, in bytes: a server that is none may send a gigabyte.
    private static let longestField = 1000

    /// A field of an error report, by the letter of the wire protocol.
    private func field(_ letter: Unicode.Scalar) -> String? {
        PQresultErrorField(pointer, Int32(letter.value)).map { text in
            let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, Self.longestField))
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
