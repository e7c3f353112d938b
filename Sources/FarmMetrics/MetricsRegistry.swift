public import CoreMetrics
internal import Synchronization

/// A backend of swift-metrics that keeps the metrics of ``MetricCatalogue`` and shows them to Prometheus.
///
/// What is not in the catalogue, or has other labels than it says, is counted as ``rejected`` and not kept: so nothing
/// grows that was not thought of. Values of labels are bounded as their ``MetricLabel`` says.
public final class MetricsRegistry: MetricsFactory {
    private struct Family {
        var description: MetricDescription
        var series: [String: any MetricSeries] = [:]
        /// Values met, for each label that is bounded by their number.
        var met: [String: Set<String>] = [:]
    }

    private struct State {
        var families: [String: Family]
        var rejected = 0
    }

    private let order: [String]
    private let state: Mutex<State>

    /// A registry of these metrics, without values.
    public init(_ metrics: [MetricDescription] = MetricCatalogue.all) {
        order = metrics.map(\.name)
        state = Mutex(
            State(families: Dictionary(metrics.map { ($0.name, Family(description: $0)) }) { first, _ in first })
        )
    }

    /// How often something was asked for that the catalogue does not have.
    public var rejected: Int { state.withLock { $0.rejected } }

    /// How many series there are.
    public var seriesCount: Int { state.withLock { $0.families.values.reduce(0) { $0 + $1.series.count } } }

    /// The page for Prometheus: metrics in the order of the catalogue, series by their labels.
    public func page() -> String {
        var page = PrometheusPage()
        let families = state.withLock { $0.families }
        for name in order {
            guard let family = families[name], !family.series.isEmpty else { continue }
            page.head(family.description)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(family.description, labels, to: &page)
            }
        }
        return page.text
    }

    // MARK: MetricsFactory

    /// A counter of the catalogue; of another kind or name: one that is not kept.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions) { $0 == .counter ? CounterSeries() : nil } ?? NOOPMetricsHandler.instance
    }

    /// As ``makeCounter(label:dimensions:)``.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions) { $0 == .counter ? CounterSeries() : nil } ?? NOOPMetricsHandler.instance
    }

    /// A gauge of the catalogue.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions) { $0 == .gauge ? GaugeSeries() : nil } ?? NOOPMetricsHandler.instance
    }

    /// A histogram of the catalogue; without `aggregate` a gauge.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        let found: (any RecorderHandler)? =
            if aggregate {
                series(label, dimensions, Self.histogram)
            } else {
                series(label, dimensions) { $0 == .gauge ? GaugeSeries() : nil }
            }
        return found ?? NOOPMetricsHandler.instance
    }

    /// A histogram of the catalogue, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, Self.histogram) ?? NOOPMetricsHandler.instance
    }

    /// Takes the series off the page.
    public func destroyCounter(_ handler: any CounterHandler) { drop(handler) }
    /// Takes the series off the page.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { drop(handler) }
    /// Takes the series off the page.
    public func destroyMeter(_ handler: any MeterHandler) { drop(handler) }
    /// Takes the series off the page.
    public func destroyRecorder(_ handler: any RecorderHandler) { drop(handler) }
    /// Takes the series off the page.
    public func destroyTimer(_ handler: any TimerHandler) { drop(handler) }

    // MARK: Series

    private static func histogram(_ kind: MetricDescription.Kind) -> HistogramSeries? {
        if case .histogram(let bounds) = kind { HistogramSeries(bounds: bounds) } else { nil }
    }

    private func series<Series: MetricSeries>(
        _ name: String,
        _ dimensions: [(String, String)],
        _ make: (MetricDescription.Kind) -> Series?
    ) -> Series? {
        state.withLock { state in
            guard var family = state.families[name], family.description.labels.map(\.name) == dimensions.map(\.0)
            else {
                state.rejected += 1
                return nil
            }
            var pairs: [(String, String)] = []
            for (label, pair) in zip(family.description.labels, dimensions) {
                pairs.append((label.name, Self.value(pair.1, of: label, &family.met)))
            }
            let labels = PrometheusPage.labels(pairs)
            if let known = family.series[labels] { return known as? Series }
            guard let new = make(family.description.kind) else {
                state.rejected += 1
                return nil
            }
            family.series[labels] = new
            state.families[name] = family
            return new
        }
    }

    private static func value(_ value: String, of label: MetricLabel, _ met: inout [String: Set<String>]) -> String {
        if let bounded = label.bounded(value) { return bounded }
        if met[label.name, default: []].contains(value) { return value }
        guard met[label.name, default: []].count < MetricLabel.mostConfigured else { return MetricLabel.other }
        met[label.name, default: []].insert(value)
        return value
    }

    private func drop(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                for (labels, series) in family.series where series === handler {
                    state.families[name]?.series[labels] = nil
                    return
                }
            }
        }
    }
}
