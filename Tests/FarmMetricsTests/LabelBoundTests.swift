import FarmMetrics
import MentionModel
import Testing

@Suite struct LabelBoundTests {
    @Test func hostileValuesMakeNoSeries() {
        let registry = MetricsRegistry()
        var random = Seeded(state: 11)
        for _ in 0..<5_000 {
            let value = String(UInt64.random(in: 0 ... .max, using: &random), radix: 36)
            registry.counter(MetricCatalogue.records, value, value).increment()
            registry.counter(MetricCatalogue.deadLetters, value, value).increment()
            registry.counter(MetricCatalogue.databaseErrors, value, value).increment()
            registry.counter(MetricCatalogue.incidents, value).increment()
            registry.counter(MetricCatalogue.labels, value, value).increment()
            registry.meter(MetricCatalogue.lag, value, value).set(1)
        }
        // Eight topics and `other`, each with the one value `other`; one series of each that has no topic.
        #expect(registry.seriesCount == 3 * (MetricLabel.mostConfigured + 1) + 3)
    }

    @Test func partitionsAreNumbersBelowABound() {
        let registry = MetricsRegistry()
        for value in ["7", "007", "-1", "10000", "a", "7 "] {
            registry.meter(MetricCatalogue.paused, "t", value).set(1)
        }
        #expect(registry.seriesCount == 2)
        #expect(registry.page().contains("{topic=\"t\",partition=\"7\"}"))
        #expect(registry.page().contains("{topic=\"t\",partition=\"other\"}"))
    }

    @Test func classesOfStatesAreFew() {
        #expect(SQLClass.of("40P01") == "40")
        #expect(SQLClass.of(nil) == "connection")
        #expect(SQLClass.of("ZZ123") == "other")
        #expect(SQLClass.of("") == "other")
    }

    @Test func countsLabels() {
        var labels = MentionLabels()
        labels.add(
            Verdict(
                sentiment: .negative,
                sentimentScore: -1,
                intents: [.complaint, .threat],
                emotion: .anger,
                spam: 5_000
            )
        )
        labels.add(Verdict(sentiment: nil, sentimentScore: 0, irony: 4_999))
        let counted = Dictionary(
            uniqueKeysWithValues: labels.counted.map { (MentionLabels.names[$0.place].label, $0.count) }
        )
        #expect(
            counted == ["negative": 1, "unreadable": 1, "complaint": 1, "threat": 1, "anger": 1, "spam": 1]
        )
        #expect(Set(MentionLabels.names.map(\.label)).count == MentionLabels.names.count)
    }

    /// The whole catalogue, each label with each value that it may have, at 64 partitions.
    @Test func aFullPageIsSmall() {
        let registry = MetricsRegistry()
        for metric in MetricCatalogue.all { fill(registry, metric, metric.labels, []) }
        let bytes = registry.page().utf8.count
        print("measured: a page with everything and 64 partitions: \(bytes) bytes, \(registry.seriesCount) series")
        #expect(bytes < 200_000)
    }

    private func fill(
        _ registry: MetricsRegistry,
        _ metric: MetricDescription,
        _ labels: [MetricLabel],
        _ values: [(String, String)]
    ) {
        guard let label = labels.first else {
            switch metric.kind {
            case .counter: registry.makeCounter(label: metric.name, dimensions: values).increment(by: 123_456_789_012)
            case .gauge: registry.makeMeter(label: metric.name, dimensions: values).set(123_456_789.123)
            case .histogram:
                for value in 0..<100 {
                    registry.makeRecorder(label: metric.name, dimensions: values, aggregate: true)
                        .record(Double(value) * 1.234_567)
                }
            }
            return
        }
        let all =
            switch label.values {
            case .fixed(let known): known + ["other"]
            case .configured: ["a-topic-with-quite-a-long-name-of-sixty-four-characters-in-it-all"]
            case .partition: (0..<64).map(String.init)
            }
        for value in all { fill(registry, metric, Array(labels.dropFirst()), values + [(label.name, value)]) }
    }
}
