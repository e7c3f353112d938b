internal import Foundation
internal import Logging

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// Time, level, message and `key=value`, for people.
    case text
    /// One JSON object, for collectors.
    case json
}

/// The text of one log line. A line never holds a control character, so one entry can't pretend to be two.
enum LogLine {
    /// The line without its line feed. Keys are sorted, so that lines compare.
    static func text(
        seconds: Int64,
        milliseconds: Int,
        level: Logger.Level,
        message: String,
        metadata: [(key: String, value: String)],
        format: LogFormat
    ) -> String {
        let time = rfc3339(seconds: seconds, milliseconds: milliseconds)
        let sorted = metadata.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let pairs = sorted.map { " \(escaped($0.key))=\(value($0.value))" }.joined()
            return "\(time) \(level.rawValue) \(escaped(message))\(pairs)"
        case .json:
            let pairs = sorted.map { "\(json($0.key)):\(json($0.value))" }.joined(separator: ",")
            return
                #"{"time":"\#(time)","level":"\#(level.rawValue)","message":\#(json(message)),"metadata":{\#(pairs)}}"#
        }
    }

    /// A value as it is if it is plain, else in quotation marks.
    static func value(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
                && byte != UInt8(ascii: "\\")
        }
        return plain && !text.isEmpty ? text : quoted(text)
    }

    /// In quotation marks, with what would break the line or the marks escaped.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
            append(scalar, to: &result)
        }
        return result + "\""
    }

    /// With control characters escaped.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { append(scalar, to: &result) }
        return result
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
        switch scalar.value {
        case 0x0A: result += "\\n"
        case 0x0D: result += "\\r"
        case 0x09: result += "\\t"
        // C0, DEL and C1; the separators of lines and paragraphs; the marks that turn the direction of a line.
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }

    /// A JSON string.
    static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// UTC, with milliseconds.
    static func rfc3339(seconds: Int64, milliseconds: Int) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))T"
            + "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))."
            + "\(padded(milliseconds, 3))Z"
    }
}
