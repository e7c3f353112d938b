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
