import Conditions
import Logging
import Synchronization
import Testing

@testable import Runtime

@Suite struct LogLines {
    private func line(_ message: String, _ metadata: [(String, String)] = [], format: LogFormat = .text) -> String {
        LogLine.text(
            seconds: 1_700_000_000,
            milliseconds: 7,
            level: .info,
            message: message,
            metadata: metadata.map { (key: $0.0, value: $0.1) },
            format: format
        )
    }

    @Test func textLine() {
        #expect(
            line("claimed", [("topic", "mentions"), ("partition", "7"), ("why", "a b"), ("empty", "")])
                == #"2023-11-14T22:13:20.007Z info claimed empty="" partition=7 topic=mentions why="a b""#
        )
    }

    @Test(arguments: ["\n", "\r\n", "\u{1B}[2J", "\u{0}", "\u{85}", "\u{2028}", "\u{202E}", "\u{7F}"])
    func noControlCharacterGetsThrough(_ text: String) {
        for format in LogFormat.allCases {
            let written = line("m" + text, [("k" + text, "v" + text)], format: format)
            #expect(
                !written.unicodeScalars.contains { scalar in
                    let category = scalar.properties.generalCategory
                    return category == .control || category == .lineSeparator
                        || (format == .text && category == .format)
                }
            )
        }
    }

    @Test func quotesAndBackslashesAreEscaped() {
        #expect(line("m", [("k", #"a"b\c"#)]).hasSuffix(#"k="a\"b\\c""#))
        #expect(LogLine.value("a=b") == #""a=b""#)
        #expect(LogLine.value("postgresql://h:5432/d") == "postgresql://h:5432/d")
    }

    @Test func jsonLine() {
        #expect(
            line("say \"hi\"\n", [("k", "v\u{1}")], format: .json)
                == #"{"time":"2023-11-14T22:13:20.007Z","level":"info","message":"say \"hi\"\n","metadata":{"k":"v\u0001"}}"#
        )
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
    ])
    func times(_ seconds: Int64, _ expected: String) {
        #expect(LogLine.rfc3339(seconds: seconds, milliseconds: 0) == expected)
    }

    @Test func handlerMergesMetadataAndHoldsBackLowLevels() throws {
        let lines = Mutex<[String]>([])
        let sink = LineSink()
        var logger = Logger(label: "test") { _ in
            var handler = FarmLogHandler(level: .notice, format: .text) { sink.append($0) }
            handler.metadata = ["a": "1", "b": "1"]
            return handler
        }
        logger[metadataKey: "c"] = "1"
        logger.info("not this")
        logger.warning("this", metadata: ["b": "2"])
        lines.withLock { $0 = sink.all }
        let written = lines.withLock { $0 }
        #expect(written.count == 1)
        #expect(written.first?.hasSuffix(" warning this a=1 b=2 c=1\n") == true)
    }
}

private final class LineSink: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct RepeatedConditions {
    private let start = ContinuousClock.Instant.now

    @Test func saidOnceThenEverySoOftenThenOver() {
        var condition = RepeatedCondition(sayAgainAfter: .seconds(60))
        #expect(condition.healed(at: start) == nil)
        #expect(condition.seen("away", at: start) == .began("away"))
        for second in 1..<60 {
            #expect(condition.seen("away", at: start + .seconds(second)) == nil)
        }
        #expect(condition.seen("away", at: start + .seconds(60)) == .lasts("away", times: 61, for: .seconds(60)))
        #expect(condition.seen("away", at: start + .seconds(61)) == nil)
        #expect(condition.isOngoing)
        #expect(condition.healed(at: start + .seconds(70)) == .ended(times: 62, after: .seconds(70)))
        #expect(!condition.isOngoing)
        #expect(condition.healed(at: start + .seconds(71)) == nil)
        #expect(condition.seen("away", at: start + .seconds(72)) == .began("away"))
    }

    @Test func changeIsSaidAtOnceAndStartsTheInterval() {
        var condition = RepeatedCondition(sayAgainAfter: .seconds(60))
        _ = condition.seen("refused", at: start)
        #expect(condition.seen("timed out", at: start + .seconds(50)) == .changed("timed out"))
        #expect(condition.seen("timed out", at: start + .seconds(70)) == nil)
        #expect(
            condition.seen("timed out", at: start + .seconds(110))
                == .lasts("timed out", times: 4, for: .seconds(110))
        )
    }
}
