internal import Foundation

/// Passwords that were given on the command line, where `ps` shows them to every user of the machine.
enum CommandLineSecrets {
    /// The parts of an argument to hide: a URL's password, and the value after a name such as `sasl.password=`.
    static func ranges(in argument: String) -> [Range<String.Index>] {
        var found: [Range<String.Index>] = []
        if let scheme = argument.range(of: "://") {
            let rest = argument[scheme.upperBound...]
            let place = rest.prefix { $0 != "?" }
            // A password may hold an @ that should have been encoded: the last one counts, before the parameters first.
            if let end = place.lastIndex(of: "@") ?? rest.lastIndex(of: "@"),
                let colon = rest[..<end].firstIndex(of: ":")
            {
                found.append(rest.index(after: colon)..<end)
            }
        }
        let lower = argument.lowercased()
        // The indices of both fit only where no letter changed its length.
        if lower.utf8.count == argument.utf8.count {
            for name in ["password", "passwd", "secret", "token", ".pem", "jaas.config", "oauthbearer.config"] {
                guard let key = lower.range(of: name) else { continue }
                let rest = argument[key.upperBound...]
                let value = rest.drop { $0 == " " }
                if value.first == "=" { found.append(value.index(after: value.startIndex)..<argument.endIndex) }
            }
        }
        return found.filter { !$0.isEmpty }
    }

    /// A text without the secrets among the arguments.
    static func masked(_ text: String, arguments: [String]) -> String {
        var secrets: Set<String> = []
        for argument in arguments {
            for range in ranges(in: argument) { secrets.insert(String(argument[range])) }
        }
        // The longest first: one may be part of another.
        return secrets.sorted { $0.count > $1.count }.reduce(text) { $0.replacing($1, with: "***") }
    }

    /// Overwrites the secrets in this process's arguments, as the kernel shows them; nil when there are none.
    ///
    /// - Returns: whether it could be done.
    static func blank() -> Bool? {
        guard let shown = FileManager.default.contents(atPath: "/proc/self/cmdline") else { return nil }
        var places: [Range<Int>] = []
        var offset = 0
        for bytes in shown.split(separator: 0, omittingEmptySubsequences: false) {
            defer { offset += bytes.count + 1 }
            guard let argument = String(validating: bytes, as: UTF8.self) else { continue }
            for range in ranges(in: argument) {
                let start = argument.utf8.distance(from: argument.startIndex, to: range.lowerBound)
                let count = argument.utf8.distance(from: range.lowerBound, to: range.upperBound)
                places.append(offset + start..<offset + start + count)
            }
        }
        guard !places.isEmpty else { return nil }
        return overwrite(places, of: [UInt8](shown))
    }

    /// Through the kernel, so that an address which is not what it seems is an error and no crash.
    private static func overwrite(_ places: [Range<Int>], of shown: [UInt8]) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            // Field 48, arg_start; the second field is a name in parentheses that may hold anything.
            let fields = status.split(separator: ")").last?.split(separator: " "), fields.count > 45,
            let start = Int(fields[45]), start > 0
        else { return false }
        let memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC)
        guard memory >= 0 else { return false }
        defer { close(memory) }
        var found = [UInt8](repeating: 0, count: shown.count)
        guard pread(memory, &found, found.count, start) == found.count, found == shown else { return false }
        return places.allSatisfy { place in
            let stars = [UInt8](repeating: UInt8(ascii: "*"), count: place.count)
            return pwrite(memory, stars, stars.count, start + place.lowerBound) == stars.count
        }
    }
}
