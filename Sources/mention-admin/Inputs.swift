import ArgumentParser
import Foundation
import MentionModel
import Runtime

/// A time as it is given on the command line.
enum PointInTime {
    /// Microseconds since the Unix epoch of a day (its beginning, UTC) or an RFC 3339 time.
    static func microseconds(_ text: String, option: String) throws -> Int64 {
        guard let time = Timestamp.parse(rfc3339: text.contains(":") ? text : text + "T00:00:00Z") else {
            throw ValidationError(
                "\(option) is a day such as 2026-01-31 or a time such as 2026-01-31T08:00:00Z."
            )
        }
        return time.microseconds
    }
}

/// A number of bytes as it is given on the command line.
enum ByteCount {
    /// Bytes of `2000000`, `64MB` or `1GB` (powers of 1,024); nil for anything else, also for what would overflow.
    static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits) else { return nil }
        let unit: Int
        switch text.dropFirst(digits.count).uppercased() {
        case "", "B": unit = 1
        case "KB", "KIB": unit = 1 << 10
        case "MB", "MIB": unit = 1 << 20
        case "GB", "GIB": unit = 1 << 30
        default: return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}

/// Who runs this program, for audits.
enum Operator {
    static var name: String { "\(ProcessInfo.processInfo.userName)@\(ProcessInfo.processInfo.hostName)" }
}

/// A file that is given on the command line.
enum InputData {
    /// Its contents; `-` stands for standard input.
    static func read(_ file: String) throws -> Data {
        if file == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        guard let contents = FileManager.default.contents(atPath: file) else {
            throw ProgramFailure(.usage, "\(file) can't be read: check that it exists and is readable")
        }
        return contents
    }
}
