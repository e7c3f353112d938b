/// A page in the Prometheus text format, version 0.0.4.
public struct PrometheusPage: Sendable {
    /// What the page is served as.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The page so far.
    public private(set) var text = ""

    /// An empty page.
    public init() { text.reserveCapacity(64 << 10) }

    /// The lines before a metric's samples.
    public mutating func head(_ description: MetricDescription) {
        text += "# HELP \(description.name) \(Self.escaped(description.meaning, quotes: false))\n"
        text += "# TYPE \(description.name) \(description.kind.word)\n"
    }

    /// One sample. `labels` as ``labels(_:)`` gives them.
    public mutating func sample(_ name: String, _ labels: String, _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels
            text += "}"
        }
        text += " "
        text += Self.number(value)
        text += "\n"
    }

    /// Labels as they stand between the braces.
    public static func labels(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    /// Whole numbers without a fraction; `NaN`, `+Inf` and `-Inf` as the format has them.
    public static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }

    /// Backslash and line feed are escaped, in labels quotation marks too.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
