/// The reference page of the metrics, made from the catalogue.
public enum MetricsReference {
    /// The page in Markdown.
    public static func page(_ sections: [(title: String, metrics: [MetricDescription])] = MetricCatalogue.sections)
        -> String
    {
        var page = """
            # Metrics

            <!-- Made by `mention-worker --metrics-reference > docs/metrics.md`; a test says when it is out of date. -->

            Each worker shows these at `http://ADDRESS/metrics` in the Prometheus text format. `--metrics-address`
            (METRICS_ADDRESS) says where: host and port, port 0 for any that is free, or `none`. Without it a worker takes
            127.0.0.1:9464, or the next port that is free up to 9479, and says in its log which. `/healthz` answers 200
            while the loops turn and there is progress while there is lag, `/readyz` while the worker can do its work;
            both say in words what they found.

            Labels are bounded whatever the records hold: topics and models from the configuration, numbers of
            partitions that the worker holds, and codes from fixed lists. Anything else is `other`. Gauges of a partition
            go with it to the worker that has it next. Counters begin at 0 with each process.

            A worker that holds 64 partitions shows 40 kB, and a scrape takes 2.5 ms of its processor time: every five
            seconds, 0.05 % of one core (`benchmarks/endpoint.sh`, on two cores with much other work on them).

            `deploy/prometheus` has rules that alarm, `deploy/grafana` a dashboard.

            """
        for section in sections {
            page += "\n## \(section.title)\n\n| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|\n"
            for metric in section.metrics { page += row(metric) }
        }
        return page
    }

    private static func row(_ metric: MetricDescription) -> String {
        let labels = metric.labels.map { label in
            switch label.values {
            case .fixed(let values): "`\(label.name)`: \(values.joined(separator: ", "))"
            case .configured: "`\(label.name)`: as configured"
            case .partition: "`\(label.name)`: its number"
            }
        }
        return "| `\(metric.name)` | \(metric.kind.word) | \(metric.unit.rawValue) | "
            + "\(labels.isEmpty ? "–" : labels.joined(separator: "; ")) | \(metric.meaning) |\n"
    }
}
