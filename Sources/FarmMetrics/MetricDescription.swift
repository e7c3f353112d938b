/// What a number counts or measures.
public enum MetricUnit: String, Sendable {
    /// Records of a topic, or offsets.
    case records
    /// Mentions.
    case mentions
    /// Texts of an index.
    case texts
    /// Partitions of a topic.
    case partitions
    /// Bytes.
    case bytes
    /// Seconds.
    case seconds
    /// Connections to PostgreSQL.
    case connections
    /// How often something happened.
    case times
    /// Actions of the outbox.
    case actions
    /// Open files.
    case files
    /// 0 or 1.
    case flag = "0 or 1"
}

/// A label of a metric, and what bounds its values: never what a record holds.
public struct MetricLabel: Sendable, Equatable {
    /// Where values come from.
    public enum Values: Sendable, Equatable {
        /// One of these; anything else becomes `other`.
        case fixed([String])
        /// What the configuration says, such as the topic: at most ``MetricLabel/mostConfigured`` of them.
        case configured
        /// Numbers of the partitions that the worker holds.
        case partition
    }

    /// How many values of a configured label a process may have; what comes after them becomes `other`.
    public static let mostConfigured = 8
    /// The greatest partition number, not included, that has series of its own; others are together in `other`.
    public static let mostPartitions = 10_000
    /// What stands for a value out of bounds.
    public static let other = "other"

    /// The name.
    public let name: String
    /// The bound.
    public let values: Values

    /// Makes a label.
    public init(_ name: String, _ values: Values) {
        self.name = name
        self.values = values
    }

    /// The value as it may be shown; nil for one that the registry has to count first.
    func bounded(_ value: String) -> String? {
        switch values {
        case .fixed(let values): values.contains(value) ? value : Self.other
        case .partition:
            if let number = Int32(value), number >= 0, number < Self.mostPartitions {
                String(number)
            } else {
                Self.other
            }
        case .configured: nil
        }
    }
}

/// One metric: all that is known of it but its values.
public struct MetricDescription: Sendable, Equatable {
    /// How its values behave.
    public enum Kind: Sendable, Equatable {
        /// Only grows, from 0 at the start of the process.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values by size: upper bounds of the buckets, ascending.
        case histogram([Double])

        /// The word of the text format.
        public var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// The name, with the unit and, for a counter, `_total` at its end.
    public let name: String
    /// How its values behave.
    public let kind: Kind
    /// The unit.
    public let unit: MetricUnit
    /// The labels, in order.
    public let labels: [MetricLabel]
    /// What it says, in a sentence.
    public let meaning: String

    /// Makes a description.
    public init(_ name: String, _ kind: Kind, _ unit: MetricUnit, by labels: [MetricLabel] = [], _ meaning: String) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.meaning = meaning
    }

    /// The upper bounds of a histogram; empty for other kinds.
    public var bounds: [Double] {
        if case .histogram(let bounds) = kind { bounds } else { [] }
    }

    /// The names under which its samples stand on the page: a histogram has three.
    public var sampleNames: [String] {
        if case .histogram = kind { return [name + "_bucket", name + "_sum", name + "_count"] }
        return [name]
    }
}
