import Testing

@testable import mention_nemesis

/// Messages of PostgreSQL's protocol, as libpq sends them.
private enum Message {
    static func typed(_ type: Character, _ body: [UInt8]) -> [UInt8] {
        [type.asciiValue ?? 0] + length(body.count + 4) + body
    }

    static func startup(_ application: String) -> [UInt8] {
        let body = [0, 3, 0, 0] + text("user") + text("postgres") + text("application_name") + text(application) + [0]
        return length(body.count + 4) + body
    }

    static func parse(_ name: String, _ sql: String) -> [UInt8] { typed("P", text(name) + text(sql) + [0, 0]) }

    static func execute(_ name: String, values: Int = 0) -> [UInt8] {
        typed("B", text("") + text(name) + Array(repeating: 7, count: values)) + typed("D", [0x50, 0])
            + typed("E", text("") + [0, 0, 0, 0])
    }

    static func done(_ tag: String) -> [UInt8] { typed("C", text(tag)) }

    static func failed(_ code: String) -> [UInt8] {
        typed("E", text("SERROR") + text("VERROR") + text("C\(code)") + text("MCome again") + [0])
    }

    static let sync = typed("S", [])
    static let ready = typed("Z", [UInt8(ascii: "T")])

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
    private static func length(_ count: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }
}

@Suite struct BatchScannerTests {
    private static let opening =
        Message.parse("s1", "BEGIN") + Message.execute("s1") + Message.parse("s2", "SELECT guard($1, $2, $3, $4, $5)")
        + Message.execute("s2", values: 900)
    private static let rest = Message.parse("s3", "SELECT take_numbers($1)") + Message.execute("s3") + Message.sync

    private static func writer() -> BatchScanner {
        var scanner = BatchScanner()
        _ = scanner.sent(Message.startup("mention-worker writer 17@1")[...])
        return scanner
    }

    @Test func itKnowsWhoIsThere() {
        var scanner = Self.writer()
        #expect(scanner.application == "mention-worker writer 17@1")
        #expect(scanner.isWriter)
        _ = scanner.received((Message.typed("R", [0, 0, 0, 0]) + Message.typed("K", [0, 0, 1, 2, 9, 9, 9, 9]))[...])
        #expect(scanner.backend == 258)
        var other = BatchScanner()
        _ = other.sent(Message.startup("mention-worker control")[...])
        #expect(!other.isWriter)
    }

    @Test func theGuardOfABatchIsSeenWhereItEnds() {
        var scanner = Self.writer()
        let events = scanner.sent((Self.opening + Self.rest)[...])
        let begin = Message.parse("s1", "BEGIN") + Message.execute("s1")
        #expect(events == [.began(end: begin.count), .guarded(end: Self.opening.count)])
        #expect(scanner.isInBatch)
    }

    /// Names are resolved under a guard too, in a transaction that is no batch.
    @Test func aGuardWithoutATransactionIsNoBatch() {
        var scanner = Self.writer()
        let bytes = Message.parse("s2", "SELECT guard($1, $2, $3, $4, $5)") + Message.execute("s2") + Message.sync
        #expect(scanner.sent(bytes[...]) == [])
        #expect(!scanner.isInBatch)
    }

    @Test func theAnswerToTheCommitIsFound() {
        var scanner = Self.writer()
        _ = scanner.sent((Self.opening + Self.rest)[...])
        _ = scanner.received((Message.done("BEGIN") + Message.done("SELECT 1") + Message.ready)[...])
        #expect(scanner.isInBatch)
        #expect(scanner.sent((Message.parse("s4", "COMMIT") + Message.execute("s4") + Message.sync)[...]).count == 1)
        let before = Message.done("UPDATE 3")
        #expect(
            scanner.received((before + Message.done("COMMIT") + Message.ready)[...]) == [
                .committed(start: before.count)
            ]
        )
        #expect(!scanner.isInBatch)
        // The names live on: the next batch prepares nothing.
        #expect(scanner.sent((Message.execute("s1") + Message.execute("s2") + Message.sync)[...]).count == 2)
        #expect(scanner.isInBatch)
        #expect(scanner.received(Message.done("ROLLBACK")[...]) == [.ended])
        #expect(!scanner.isInBatch)
    }

    /// An error that is no batch's says nothing of one.
    @Test func aRefusedBatchIsToldWithItsCode() {
        var scanner = Self.writer()
        #expect(scanner.received(Message.failed("57P01")[...]) == [])
        _ = scanner.sent((Self.opening + Self.rest)[...])
        #expect(scanner.received((Message.done("BEGIN") + Message.failed("MF001"))[...]) == [.refused("MF001")])
        #expect(scanner.isInBatch)
        #expect(scanner.received((Message.ready + Message.done("ROLLBACK"))[...]) == [.ended])
    }

    @Test func aClaimIsSeenOnWhateverConnection() {
        var scanner = BatchScanner()
        _ = scanner.sent(Message.startup("mention-worker control")[...])
        let claim = Message.parse("s1", "SELECT * FROM claim($1, $2, $3, $4, $5)")
        #expect(scanner.sent(claim[...]) == [])
        #expect(scanner.sent((Message.execute("s1", values: 500) + Message.sync)[...]) == [.claiming])
        #expect(scanner.sent((Message.execute("s1") + Message.sync)[...]) == [.claiming])
    }

    /// However the bytes are cut, the same is seen.
    @Test(arguments: [1, 2, 3, 5, 64])
    func piecesOfAnySizeDo(size: Int) {
        var scanner = BatchScanner()
        let bytes = Message.startup("mention-worker writer") + Self.opening + Self.rest
        var begun = 0
        var guards: [Int] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            // Not from 0 on, as a slice of a buffer that is used again.
            let piece = bytes[start..<min(start + size, bytes.count)]
            for event in scanner.sent(piece) {
                if case .guarded(let end) = event { guards.append(start + end) }
                if case .began = event { begun += 1 }
            }
        }
        #expect(begun == 1)
        #expect(guards == [bytes.count - Self.rest.count])
    }
}

@Suite struct BrokerAddressRewriterTests {
    private static let host = Array("127.0.0.1".utf8)

    private static func metadata(_ port: UInt16, prefix: [UInt8]) -> [UInt8] {
        [0, 0, 0, 1] + prefix + host + [0, 0, UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] + [0xFF, 0xFF]
    }

    @Test(arguments: [[0, 9], [10]] as [[UInt8]])
    func bothKindsOfStringAreRewritten(prefix: [UInt8]) {
        var rewriter = BrokerAddressRewriter(from: 40_001, to: 513)
        var bytes = Self.metadata(40_001, prefix: prefix)
        rewriter.rewrite(&bytes)
        #expect(bytes == Self.metadata(513, prefix: prefix))
        #expect(rewriter.count == 1)
    }

    @Test func anAddressMayComeInPieces() {
        let whole = Self.metadata(40_001, prefix: [0, 9]) + Self.metadata(40_001, prefix: [0, 9])
        for size in 1...whole.count {
            var rewriter = BrokerAddressRewriter(from: 40_001, to: 513)
            var result: [UInt8] = []
            for start in stride(from: 0, to: whole.count, by: size) {
                var piece = Array(whole[start..<min(start + size, whole.count)])
                rewriter.rewrite(&piece)
                result += piece
            }
            #expect(result == Self.metadata(513, prefix: [0, 9]) + Self.metadata(513, prefix: [0, 9]))
        }
    }

    @Test func anotherPortStaysAsItIs() {
        var rewriter = BrokerAddressRewriter(from: 40_001, to: 513)
        let bytes = Self.metadata(9_092, prefix: [0, 9])
        var copy = bytes
        rewriter.rewrite(&copy)
        #expect(copy == bytes)
    }
}
