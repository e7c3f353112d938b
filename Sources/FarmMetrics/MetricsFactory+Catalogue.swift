public import CoreMetrics

/// Metrics of the catalogue, with the values of their labels in its order.
extension MetricsFactory {
    /// A counter.
    public func counter(_ metric: MetricDescription, _ values: String...) -> Counter {
        Counter(label: metric.name, dimensions: metric.dimensions(values), factory: self)
    }

    /// A counter of parts, such as seconds.
    public func floatingPointCounter(_ metric: MetricDescription, _ values: String...) -> FloatingPointCounter {
        FloatingPointCounter(label: metric.name, dimensions: metric.dimensions(values), factory: self)
    }

    /// A gauge.
    public func meter(_ metric: MetricDescription, _ values: String...) -> Meter {
        Meter(label: metric.name, dimensions: metric.dimensions(values), factory: self)
    }

    /// A histogram of numbers.
    public func recorder(_ metric: MetricDescription, _ values: String...) -> Recorder {
        Recorder(label: metric.name, dimensions: metric.dimensions(values), factory: self)
    }

    /// A histogram of durations.
    public func timer(_ metric: MetricDescription, _ values: String...) -> Timer {
        Timer(label: metric.name, dimensions: metric.dimensions(values), factory: self)
    }
}

extension MetricDescription {
    func dimensions(_ values: [String]) -> [(String, String)] { Array(zip(labels.map(\.name), values)) }
}
