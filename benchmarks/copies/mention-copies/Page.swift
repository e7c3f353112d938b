import Foundation

/// Prints a record as one JSON line, or on a terminal as a line of a table.
enum Page {
    static let isTerminal = isatty(1) == 1

    static func show(_ record: KeyValuePairs<String, any CustomStringConvertible>) {
        if isTerminal {
            print(
                record.map { "\($0.key.replacingOccurrences(of: "_", with: " ")) \(text($0.value))" }.joined(
                    separator: "   "
                )
            )
            return
        }
        let members = record.map { pair in
            pair.value is String ? "\"\(pair.key)\": \"\(pair.value)\"" : "\"\(pair.key)\": \(text(pair.value))"
        }
        print("{" + members.joined(separator: ", ") + "}")
    }

    private static func text(_ value: any CustomStringConvertible) -> String {
        guard let number = value as? Double else { return value.description }
        return number.isFinite ? String(format: number < 10 ? "%.4g" : "%.1f", number) : "null"
    }
}

/// Seconds of processor time that this process has used.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
