extension Settings {
    /// The text of a setting; nil where no place has one.
    public func string(_ name: String) throws(ConfigurationError) -> String? {
        try found(name)?.text
    }

    /// The text of a setting, or a default.
    public func string(_ name: String, default fallback: String) throws(ConfigurationError) -> String {
        try string(name) ?? fallback
    }

    /// The text of a setting that must be there; `remedy` says, in the imperative, how to give it.
    public func required(_ name: String, remedy: String? = nil) throws(ConfigurationError) -> String {
        if let text = try string(name), !text.isEmpty { return text }
        throw ConfigurationError(
            setting: name,
            place: .nowhere,
            problem: "is not set",
            remedy: remedy ?? "give the flag, or set \(Settings.variable(name))"
        )
    }

    /// A setting that must never be shown; nil where no place has one.
    public func secret(_ name: String) throws(ConfigurationError) -> Secret? {
        try string(name).map { Secret($0) }
    }

    /// The values of a setting that may be repeated; in the environment they are separated by commas.
    ///
    /// The first place that has any gives them all.
    public func strings(_ name: String) throws(ConfigurationError) -> [String] {
        guard let (value, place) = try lookup(name) else { return [] }
        switch (value, place) {
        case (.many(let values), _): return values
        case (.one(let text), .environment): return text.split(separator: ",").map { String($0).trimmed }
        case (.one(let text), _): return [text]
        }
    }

    /// A whole number within a range.
    public func int(
        _ name: String,
        default fallback: Int,
        in range: ClosedRange<Int> = 0...Int.max
    ) throws(ConfigurationError) -> Int {
        try int(name, in: range) ?? fallback
    }

    /// A whole number within a range; nil where no place has one.
    public func int(_ name: String, in range: ClosedRange<Int> = 0...Int.max) throws(ConfigurationError) -> Int? {
        let what =
            range.upperBound == .max
            ? "of at least \(range.lowerBound)"
            : "from \(range.lowerBound) to \(range.upperBound)"
        return try converted(name, to: "a whole number \(what)") { text in
            Int(text.filter { $0 != "_" }).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number within a range.
    public func double(
        _ name: String,
        default fallback: Double,
        in range: ClosedRange<Double>
    ) throws(ConfigurationError) -> Double {
        try converted(name, to: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    /// True or false: also 1 and 0, yes and no, on and off.
    public func bool(_ name: String, default fallback: Bool = false) throws(ConfigurationError) -> Bool {
        try converted(name, to: "true or false") { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        } ?? fallback
    }

    /// A length of time within a range, written with its unit: `250ms`, `30s`, `5m`, `12h`, `30d`.
    public func duration(
        _ name: String,
        default fallback: Duration,
        in range: ClosedRange<Duration> = .zero ... .seconds(3_650 * 86_400)
    ) throws(ConfigurationError) -> Duration {
        try duration(name, in: range) ?? fallback
    }

    /// A length of time within a range, written with its unit; nil where no place has one.
    public func duration(
        _ name: String,
        in range: ClosedRange<Duration> = .zero ... .seconds(3_650 * 86_400)
    ) throws(ConfigurationError) -> Duration? {
        let what = "a length of time such as 250ms, 30s or 5m, from \(range.lowerBound) to \(range.upperBound)"
        return try converted(name, to: what) { text in
            Settings.parseDuration(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of the raw values of an enumeration.
    public func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        default fallback: Choice
    ) throws(ConfigurationError) -> Choice {
        let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try converted(name, to: "one of \(all)") { Choice(rawValue: $0) } ?? fallback
    }

    /// Reads a whole number with a unit of `us`, `ms`, `s`, `m`, `h` or `d`; nil for anything else, also for what
    /// would overflow.
    public static func parseDuration(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits) else { return nil }
        let microseconds: Int64
        switch text.dropFirst(digits.count) {
        case "us": microseconds = 1
        case "ms": microseconds = 1_000
        case "s": microseconds = 1_000_000
        case "m": microseconds = 60_000_000
        case "h": microseconds = 3_600_000_000
        case "d": microseconds = 86_400_000_000
        default: return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: microseconds)
        return overflow ? nil : .microseconds(product)
    }

    private func found(_ name: String) throws(ConfigurationError) -> (text: String, place: SettingPlace)? {
        guard let (value, place) = try lookup(name) else { return nil }
        switch value {
        case .one(let text): return (text, place)
        case .many(let values):
            guard let only = values.first, values.count == 1 else { throw .oneValue(name, place) }
            return (only, place)
        }
    }

    /// Converts a setting that is no secret: the error shows its value.
    private func converted<Value>(
        _ name: String,
        to what: String,
        _ convert: (String) -> Value?
    ) throws(ConfigurationError) -> Value? {
        guard let (text, place) = try found(name) else { return nil }
        if let value = convert(text.trimmed) { return value }
        throw ConfigurationError(
            setting: name,
            place: place,
            problem: "is \(LogLine.quoted(String(text.prefix(60))))",
            remedy: "give \(what)"
        )
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
