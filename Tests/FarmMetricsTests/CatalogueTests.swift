import FarmMetrics
import Foundation
import Testing

@Suite struct CatalogueTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func contents(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// All names under which samples stand on the page.
    static let sampleNames = Set(MetricCatalogue.all.flatMap(\.sampleNames))

    @Test func namesAreOnceAndSayTheirUnit() {
        let names = MetricCatalogue.all.map(\.name)
        #expect(Set(names).count == names.count)
        for metric in MetricCatalogue.all {
            #expect(metric.name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(metric.name)")
            #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
            #expect(metric.unit != .seconds || metric.name.contains("seconds"), "\(metric.name)")
            #expect(metric.unit != .bytes || metric.name.contains("bytes"), "\(metric.name)")
            #expect(metric.meaning.hasSuffix("."), "\(metric.name)")
            #expect(metric.bounds == metric.bounds.sorted())
        }
    }

    @Test func thePageInDocsIsUpToDate() throws {
        #expect(
            try Self.contents("docs/metrics.md") == MetricsReference.page(),
            "make it anew: .build/debug/mention-worker --metrics-reference > docs/metrics.md"
        )
    }

    /// Words of a file that look like names of our metrics.
    static func names(in text: String) -> Set<String> {
        var found: Set<String> = []
        for word in text.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }) {
            if word.hasPrefix(MetricCatalogue.prefix) || word.hasPrefix("process_") { found.insert(String(word)) }
        }
        return found
    }

    @Test(arguments: ["deploy/prometheus/rules.yml", "deploy/prometheus/rules_test.yml"])
    func rulesUseMetricsThatExist(_ path: String) throws {
        let used = Self.names(in: try Self.contents(path))
        #expect(used.count > 5)
        #expect(used.subtracting(Self.sampleNames).isEmpty, "\(used.subtracting(Self.sampleNames).sorted())")
    }

    @Test func dashboardsUseMetricsThatExist() throws {
        let folder = Self.root.appendingPathComponent("deploy/grafana")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
        #expect(!files.isEmpty)
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
            let used = Self.names(in: text)
            #expect(used.count > 20)
            #expect(used.subtracting(Self.sampleNames).isEmpty, "\(used.subtracting(Self.sampleNames).sorted())")
        }
    }

    @Test func eachAlarmHasItsSectionInTheRunbook() throws {
        let rules = try Self.contents("deploy/prometheus/rules.yml")
        let runbook = try Self.contents("deploy/RUNBOOK.md")
        // As GitHub makes anchors of headings.
        let anchors = Set(
            runbook.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased().filter {
                    $0.isLetter || $0.isNumber || $0 == " " || $0 == "-"
                }
                .replacingOccurrences(of: " ", with: "-")
            }
        )
        let alarms = rules.split(separator: "\n").filter { $0.contains("- alert: ") }
        let links = rules.split(separator: "\n").filter { $0.contains("runbook_url: ") }
        #expect(alarms.count >= 9 && alarms.count == links.count)
        for link in links {
            let anchor = link.split(separator: "#").last.map(String.init) ?? ""
            #expect(anchors.contains(anchor), "\(anchor)")
        }
    }

    /// Each alarm is provoked in the tests of the rules, and one test has none.
    @Test func eachAlarmIsProvoked() throws {
        let rules = try Self.contents("deploy/prometheus/rules.yml")
        let tests = try Self.contents("deploy/prometheus/rules_test.yml")
        for line in rules.split(separator: "\n") where line.contains("- alert: ") {
            let name = line.split(separator: " ").last.map(String.init) ?? ""
            let mentions = tests.split(separator: "\n").filter { $0.hasSuffix("alertname: \(name)") }
            #expect(mentions.count >= 2, "\(name) must fire in one test and be quiet in another")
        }
    }
}
