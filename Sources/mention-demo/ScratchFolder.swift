import Foundation
import Runtime

/// The folder of one run: the logs of the programs that it starts, and the database.
struct ScratchFolder {
    private static let prefix = "mention-demo-"

    let path: String

    /// Makes the folder.
    init() throws {
        var template = Array((NSTemporaryDirectory() + "/" + Self.prefix + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ProgramFailure(.configuration, "can't make a folder in \(NSTemporaryDirectory()): check TMPDIR")
        }
        // The database's account must be able to pass through.
        chmod(template, 0o711)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path of a file in it.
    func file(_ name: String) -> String { path + "/" + name }

    /// Removes the folder, if its name is that of one of ours.
    static func remove(_ path: String) {
        guard path.split(separator: "/").last?.hasPrefix(prefix) == true else { return }
        // It may be gone already: parent and child both remove it. A server that is just ending may write to it.
        for _ in 0..<30 where FileManager.default.fileExists(atPath: path) {
            if (try? FileManager.default.removeItem(atPath: path)) == nil { usleep(100_000) }
        }
    }

    /// The last lines of a log, on one line.
    func tail(_ name: String, lines: Int = 4) -> String {
        guard let handle = FileHandle(forReadingAtPath: file(name)) else { return "no log" }
        defer { try? handle.close() }
        let end = (try? handle.seekToEnd()) ?? 0
        try? handle.seek(toOffset: end > 8_192 ? end - 8_192 : 0)
        let text = String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
        let last = text.split(separator: "\n").suffix(lines)
        return last.isEmpty ? "it said nothing" : last.joined(separator: " / ")
    }
}
