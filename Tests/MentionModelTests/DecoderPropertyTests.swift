import Foundation
import MentionModel
import Testing

@Suite struct DecoderPropertyTests {
    @Test func recordsComeBackAsTheyWere() {
        var random = SplitMix64(seed: 10)
        var decoder = MentionDecoder()
        var arena = ByteArena()
        for _ in 0..<2000 {
            let record = randomRecord(&random)
            let bytes = json(record)
            #expect((try? JSONSerialization.jsonObject(with: Data(bytes))) != nil)
            do {
                let event = try decoder.decode(bytes.span, recordTimestamp: nil, into: &arena)
                let back = MentionRecord(event, in: arena)
                #expect(back == record)
                #expect(back.text.utf8.elementsEqual(record.text.utf8))
                #expect(json(back) == bytes)
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test func damagedBytesNeverTrapAndJSONIsJudgedAsFoundationDoes() {
        var random = SplitMix64(seed: 11)
        let tokens = ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\u00", "e", "-", "0", ".", "null", "\u{1f600}", " "]
        var accepted = 0
        var disagreements: [String] = []
        for _ in 0..<6000 {
            var bytes = json(randomRecord(&random))
            for _ in 0...random.below(3) {
                let place = random.below(max(1, bytes.count))
                switch random.below(5) {
                case 0: bytes.removeLast(random.below(bytes.count + 1))
                case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 2 where !bytes.isEmpty: bytes.remove(at: place)
                default:
                    bytes.insert(
                        contentsOf: Array(tokens[random.below(tokens.count)].utf8),
                        at: min(place, bytes.count)
                    )
                }
            }
            let result = outcome(bytes)
            if result.reason == nil {
                accepted += 1
                #expect(result.record != nil, "\(result.detail)")
            }
            let isJSON = ![.badJSON, .notUTF8, .tooDeep].contains(result.reason)
            let foundation = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] != nil
            if isJSON != foundation, !isKnownDifference(bytes) {
                disagreements.append(
                    "\(result.detail) \(foundation): \(String(decoding: bytes, as: UTF8.self).suffix(200))"
                )
            }
        }
        #expect(disagreements == [])
        // Neither all nor nothing was damaged beyond reading.
        #expect(accepted > 300 && accepted < 5500)
    }

    /// Where Foundation is known to judge otherwise: it refuses an escape for a lone surrogate, and it reads numbers
    /// into Double or Int64 and refuses those that fit in neither; it takes a comma before the end of an array; some of
    /// its versions take UTF-16 and UTF-32 too.
    private func isKnownDifference(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        return text.contains("\\ud") || bytes.contains(0)
            || text.replacing(" ", with: "").contains(",]")
            || text.split(whereSeparator: { !"0123456789+-.e".contains($0) }).contains {
                $0.contains("e") && $0.count > 3
            }
    }

    @Test func everyTruncationIsRejected() {
        let bytes = json(
            MentionRecord(
                id: "1\u{1f600}",
                source: "blog",
                text: "one\ntwo \u{e9}",
                authorID: "a",
                followers: 12,
                publishedAt: Timestamp(microseconds: 1_700_000_000_000_000),
                brands: ["x", "y"],
                likes: 3
            )
        )
        for end in 0..<bytes.count {
            let reason = outcome(Array(bytes[..<end])).reason
            #expect(reason == .badJSON || reason == .notUTF8)
        }
        #expect(outcome(bytes).reason == nil)
    }

    @Test func orderSpacingAndUnknownKeysDontChangeTheHash() throws {
        var random = SplitMix64(seed: 12)
        for _ in 0..<200 {
            // Foundation drops U+FEFF inside strings when it writes.
            let written = String(decoding: json(randomRecord(&random)), as: UTF8.self)
            let bytes = Array(written.replacingOccurrences(of: "\u{feff}", with: "x", options: .literal).utf8)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
            var members = try object.map { key, value in
                let value = try JSONSerialization.data(
                    withJSONObject: value,
                    options: [.fragmentsAllowed, .prettyPrinted, .withoutEscapingSlashes]
                )
                return "\"\(key)\" :\n \(String(decoding: value, as: UTF8.self))"
            }
            members.append("\"unknown\\u0041\": [1, {\"id\": 2}]")
            members.shuffle(using: &random)
            let other = outcome("\n{ " + members.joined(separator: " ,\t") + "\r\n}")
            #expect(other == outcome(bytes))
        }
        #expect(
            outcome(event(["counts": "{\"likes\":10}"])).hash == outcome(event(["counts": "{\"likes\":1.0e1}"])).hash
        )
        #expect(outcome(event(["text": "\"\\u0067ood\""])).hash == outcome(event()).hash)
        #expect(outcome(event(["id": "1"])).hash == outcome(event()).hash)
    }

    @Test func everyFieldChangesTheHash() {
        let variants = [
            event(), event(["id": "2"]), event(["source": "\"c\""]), event(["text": "\"goo\""]),
            event(["author": "{\"id\":\"b\"}"]), event(["author": "{\"id\":\"a\",\"handle\":\"a\"}"]),
            event(["author": "{\"id\":\"a\",\"name\":\"a\"}"]), event(["author": "{\"id\":\"a\",\"name\":\"\"}"]),
            event(["author": "{\"id\":\"a\",\"followers\":0}"]), event(["author": "{\"id\":\"a\",\"followers\":1}"]),
            event(["author": "{\"id\":\"a\",\"verified\":false}"]),
            event(["author": "{\"id\":\"a\",\"verified\":true}"]),
            event(["published_at": "\"2024-05-06T07:08:09.000001Z\""]),
            event(["edited_at": "\"2024-05-06T07:08:09Z\""]),
            event(["brand": "\"a\""]), event(["brand": "[\"a\",\"b\"]"]), event(["brand": "[\"ab\"]"]),
            event(["lang": "\"a\""]), event(["url": "\"a\""]), event(["title": "\"a\""]),
            event(["in_reply_to": "\"a\""]),
            event(["repost_of": "\"a\""]), event(["conversation": "\"a\""]), event(["counts": "{\"likes\":1}"]),
            event(["counts": "{\"reposts\":1}"]), event(["counts": "{\"replies\":1}"]),
        ]
        let hashes = variants.map { outcome($0).hash }
        #expect(Set(hashes).count == variants.count && !hashes.contains(0))
    }

    @Test func longBodiesHashAsAStream() {
        // Across the size at which the body no longer fits the buffer, against an encoding written out by hand.
        for length in [1, 1900, 1950, 1990, 2000, 2048, 2100, 5000, 60_000] {
            var expected: [UInt8] = []
            func add(_ tag: UInt8, _ value: some FixedWidthInteger) {
                expected.append(tag)
                withUnsafeBytes(of: value.littleEndian) { expected.append(contentsOf: $0) }
            }
            func add(_ tag: UInt8, _ text: String) {
                add(tag, UInt32(text.utf8.count))
                expected.append(contentsOf: text.utf8)
            }
            let text = String(repeating: "t", count: length)
            add(1, "1")
            add(2, "blog")
            add(3, text)
            add(4, "a")
            add(9, 1_714_979_289_000_000 as Int64)
            add(14, text)
            for tag in 18...20 as ClosedRange<UInt8> { add(tag, 0 as Int64) }
            let result = outcome(event(["text": "\"\(text)\"", "title": "\"\(text)\""]))
            #expect(result.hash == XXH64.hash(expected.span))
        }
    }

    /// Stored for ever: a change here makes every re-delivery a revision.
    @Test func hashesArePinned() {
        let full = MentionRecord(
            id: "1580000000000000001",
            source: "twitter",
            text: "so good \u{1f600}",
            authorID: "7",
            authorHandle: "x",
            authorName: "X",
            followers: 12,
            verified: true,
            publishedAt: Timestamp(microseconds: 1_714_979_289_500_000),
            editedAt: Timestamp(microseconds: 1_714_979_290_000_000),
            brands: ["acme", "globex"],
            language: "en",
            url: "https://example.org/1",
            title: "T",
            inReplyTo: "2",
            repostOf: "3",
            conversation: "4",
            likes: 5,
            reposts: 6,
            replies: 7
        )
        #expect(outcome(event()).hash == 13_404_845_088_853_998_331)
        #expect(outcome(json(full)).hash == 10_329_328_557_131_299_042)
        let long = event(["text": "\"" + String(repeating: "long ", count: 1000) + "\""])
        #expect(outcome(long).hash == 14_027_584_839_620_810_117)
    }
}
