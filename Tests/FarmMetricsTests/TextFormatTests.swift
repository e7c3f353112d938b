import CoreMetrics
import FarmMetrics
import Testing

@Suite struct TextFormatTests {
    private static let topic = MetricLabel("topic", .configured)

    @Test func escapesLabelsAndHelp() {
        let metric = MetricDescription("m", .gauge, .records, by: [Self.topic], "A \\ and a\nline, and \"words\".")
        let registry = MetricsRegistry([metric])
        registry.meter(metric, "a\"b\\c\nd").set(1.5)
        #expect(
            registry.page() == """
                # HELP m A \\\\ and a\\nline, and "words".
                # TYPE m gauge
                m{topic="a\\"b\\\\c\\nd"} 1.5

                """
        )
    }

    @Test func writesNumbersAsTheFormatHasThem() {
        let cases: [(Double, String)] = [
            (0, "0"), (3, "3"), (-2, "-2"), (0.25, "0.25"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (1e15, "1000000000000000"), (1e300, "1e+300"),
        ]
        for (value, text) in cases { #expect(PrometheusPage.number(value) == text) }
    }

    @Test func writesHistogramsCumulatively() {
        let metric = MetricDescription("h_seconds", .histogram([0.1, 1]), .seconds, by: [Self.topic], "H.")
        let registry = MetricsRegistry([metric])
        let timer = registry.timer(metric, "t")
        for milliseconds in [50, 500, 5_000] { timer.recordMilliseconds(milliseconds) }
        #expect(
            registry.page() == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{topic="t",le="0.1"} 1
                h_seconds_bucket{topic="t",le="1"} 2
                h_seconds_bucket{topic="t",le="+Inf"} 3
                h_seconds_sum{topic="t"} 5.55
                h_seconds_count{topic="t"} 3

                """
        )
    }

    @Test func showsOnlyWhatTheCatalogueHas() {
        let registry = MetricsRegistry()
        Counter(label: "somebody_elses_total", factory: registry).increment()
        Counter(label: MetricCatalogue.fences.name, dimensions: [("id", "1")], factory: registry).increment()
        registry.meter(MetricCatalogue.fences).set(7)
        #expect(registry.page().isEmpty)
        #expect(registry.rejected == 3)
    }

    @Test func sameLabelsAreTheSameSeries() {
        let registry = MetricsRegistry()
        registry.counter(MetricCatalogue.fences).increment(by: 2)
        registry.counter(MetricCatalogue.fences).increment(by: 3)
        #expect(registry.page().contains("\nmention_farm_fences_total 5\n"))
        #expect(registry.seriesCount == 1)
    }

    @Test func whatIsDestroyedLeavesThePage() {
        let registry = MetricsRegistry()
        let meter = registry.meter(MetricCatalogue.lag, "mentions", "3")
        meter.set(1)
        registry.meter(MetricCatalogue.lag, "mentions", "4").set(1)
        meter.destroy()
        #expect(!registry.page().contains("partition=\"3\""))
        #expect(registry.page().contains("partition=\"4\""))
    }

    @Test func countersNeverFall() {
        let registry = MetricsRegistry()
        let counter = registry.counter(MetricCatalogue.fences)
        counter.increment(by: 4)
        counter.increment(by: -2)
        #expect(registry.page().contains("\nmention_farm_fences_total 4\n"))
    }
}
