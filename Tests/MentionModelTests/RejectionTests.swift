import MentionModel
import Testing

/// Every reason, and which one is given when several apply.
@Suite struct RejectionTests {
    @Test(arguments: [
        ("id", #"{"a":1}"#), ("id", "[]"), ("id", "true"), ("id", "1e3"), ("id", #""""#), ("source", #""Blog""#),
        ("source", #""a b""#), ("source", #""é""#), ("source", #""""#), ("text", "false"), ("text", #"" \n ""#),
        ("author", #""x""#), ("author", "[]"), ("author", "3"), ("author", #"{"id":""}"#), ("author", #"{"id":{}}"#),
        ("author", #"{"id":"1","handle":""}"#), ("author", #"{"id":"1","name":[]}"#),
        ("author", #"{"id":"1","verified":"yes"}"#), ("author", #"{"id":"1","verified":1}"#),
        ("author", #"{"id":"1","followers":"1"}"#), ("brand", #""""#), ("brand", "{}"), ("brand", "true"),
        ("brand", #"["a",""]"#), ("brand", "[null]"), ("brand", #"[["a"]]"#), ("lang", #""e n""#), ("lang", #""en-""#),
        ("lang", #""123""#), ("lang", #""abcdefghi""#), ("lang", "[]"), ("url", "{}"), ("title", "true"),
        ("in_reply_to", "[]"), ("repost_of", "{}"), ("conversation", "false"), ("counts", "[]"), ("counts", "1"),
        ("counts", #"{"replies":-1}"#), ("counts", #"{"reposts":"1"}"#),
    ])
    func badFields(field: String, value: String) {
        let result = outcome(event().replacing(field, with: value))
        #expect(result.reason == .badField, "\(result.detail)")
        #expect(result.detail.hasPrefix("\"\(field)"), "\(result.detail)")
        #expect(result.detail.contains("(byte "), "\(result.detail)")
    }

    @Test(arguments: ["id", "source", "text", "author", "published_at"])
    func missingFields(field: String) {
        for value in ["", "null"] {
            let result = outcome(event().replacing(field, with: value))
            #expect(result.reason == .missingField)
            #expect(result.detail.hasPrefix("\"\(field)\" is"))
        }
        let nobody = outcome(event(["author": #"{"name":"n"}"#]))
        #expect(nobody.reason == .missingField)
        #expect(nobody.detail.contains("author.id"))
        #expect(outcome("{}").reason == .missingField)
    }

    @Test(arguments: ["\"2024-05-06\"", "12", "true", "{}", "[]", "\"\"", "\"1715000000\"", "1e3"])
    func badDates(value: String) {
        #expect(outcome(event(["published_at": value])).reason == .badDate)
        #expect(outcome(event(["edited_at": value])).reason == .badDate)
    }

    @Test(arguments: [
        "", " ", "{", "}", "{}x", "{} {}", "[]", "null", "\"x\"", "12", "{\"a\":1,}", "{,}", "{\"a\":}", "{\"a\"}",
        "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":{]}", "{'a':1}",
        "{a:1}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-}", "{\"a\":01}", "{\"a\":-01}", "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":0x1}", "{\"a\":tru}", "{\"a\":True}", "{\"a\":nulll}",
        "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", "{\"a\":\"12345678\u{1f}\"}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\", "{\"a\":\"\\u123", "{\"a\":\"b", "{\"a\":\"b}",
        "{\"a\":1}//c", "/**/{\"a\":1}", "{\"a\":1/**/}", "{\"a\":1}\u{0}", "\u{feff}", "{\u{a0}\"a\":1}", "{\"a\":1}}",
        "{\"author\":{\"id\":1,}}", "{\"counts\":{\"likes\":1]}", "{\"brand\":[\"a\",]}", "{1:2}", "{\"a\":1;\"b\":2}",
    ])
    func badJSON(text: String) {
        let result = outcome(text)
        #expect(result.reason == .badJSON, "\(result.detail)")
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
            [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x28],
        ] as [[UInt8]]
    )
    func notUTF8(bytes: [UInt8]) {
        for lead in ["", "x", "xxxxxxx", "xxxxxxxxxxxxxxxx"] {
            let inside = Array(#"{"id":"1","u":"\#(lead)"#.utf8) + bytes + Array("\"}".utf8)
            #expect(outcome(inside).reason == .notUTF8)
            #expect(outcome(Array("{\"".utf8) + bytes + Array("\":1}".utf8)).reason == .notUTF8)
        }
        // Also outside strings and after a fault of syntax, and at the very end.
        #expect(outcome(Array("{} ".utf8) + bytes).reason == .notUTF8)
        #expect(outcome(Array("{bad ".utf8) + bytes).reason == .notUTF8)
        #expect(outcome(bytes).reason == .notUTF8)
    }

    @Test func wellFormedUTF8AtTheBorders() {
        for scalar in ["\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}"] {
            #expect(outcome(event(["title": "\"\(scalar)\""])).record?.title == scalar)
        }
    }

    @Test func depth() {
        func nested(_ levels: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: levels) + "1" + String(repeating: close, count: levels)
        }
        let most = MentionDecoder.maximumDepth
        // The event itself is one level.
        #expect(outcome(event(["x": nested(most - 1, "[", "]")])).reason == nil)
        #expect(outcome(event(["x": nested(most, "[", "]")])).reason == .tooDeep)
        #expect(outcome(event(["x": nested(most - 1, "{\"k\":", "}")])).reason == nil)
        #expect(outcome(event(["x": nested(most, "{\"k\":", "}")])).reason == .tooDeep)
        for field in ["x", "id", "text", "author", "counts", "brand", "published_at"] {
            #expect(outcome(event().replacing(field, with: nested(300, "[", "]"))).reason == .tooDeep)
            #expect(outcome(event().replacing(field, with: nested(150, "[{\"author\":", "}]"))).reason == .tooDeep)
        }
        #expect(outcome(event(["author": "{\"id\":1,\"x\":" + nested(most - 2, "[", "]") + "}"])).reason == nil)
        #expect(outcome(event(["author": "{\"id\":1,\"x\":" + nested(most - 1, "[", "]") + "}"])).reason == .tooDeep)
        #expect(outcome(nested(300, "[", "]")).reason == .tooDeep)
        #expect(outcome(String(repeating: "[", count: 1_000_000)).reason == .tooDeep)
        #expect(outcome(String(repeating: "{\"author\":", count: 100_000)).reason == .tooDeep)
        // Wide is not deep.
        #expect(outcome(event(["x": "[" + String(repeating: "[],{},", count: 50_000) + "0]"])).reason == nil)
    }

    @Test func sizes() {
        let room = MentionDecoder.maximumRecordBytes - event(["x": "\"\""]).utf8.count
        #expect(outcome(event(["x": "\"" + String(repeating: "a", count: room) + "\""])).reason == nil)
        #expect(outcome(event(["x": "\"" + String(repeating: "a", count: room + 1) + "\""])).reason == .tooLarge)
        #expect(outcome([UInt8](repeating: 0xFF, count: 1_048_577)).reason == .tooLarge)
    }

    @Test func tombstone() {
        var decoder = MentionDecoder()
        var arena = ByteArena()
        #expect(throws: Rejection(.tombstone, "the record has no payload")) {
            try decoder.decode(nil, recordTimestamp: nil, into: &arena)
        }
    }

    @Test(arguments: [
        event(["text": #""a\u0000b""#]), event(["id": #""\u0000""#]), event(["unknown": #""\u0000""#]),
        event(["unknown": #"[{"a":["\u0000"]}]"#]), event([#"k\u0000"#: "1"]), event(["u": #"{"\u0000":1}"#]),
        event(["x": #"1,"title":"\u0000","title":"fine""#]), event(["author": #"{"id":"1","name":"\u0000"}"#]),
    ])
    func nulCharacters(text: String) {
        #expect(outcome(text).reason == .nulCharacter)
    }

    @Test func precedence() {
        var members: [(ReasonCode, String, String)] = [
            (.missingField, "id", ""), (.badField, "text", "[]"), (.badDate, "published_at", "\"no\""),
            (.nulCharacter, "title", #""\u0000""#),
        ]
        while let first = members.first {
            var text = event()
            for (_, field, value) in members { text = text.replacing(field, with: value) }
            #expect(outcome(text).reason == first.0)
            #expect(outcome(text + "x").reason == .badJSON)
            #expect(outcome(Array((text + "x").utf8) + [0xFF]).reason == .notUTF8)
            members.removeFirst()
        }
    }

    @Test func detailsNameThePlaceAndNotTheText() {
        let secret = "topsecretword"
        for text in [
            event(["published_at": "\"\(secret)\""]), event(["source": "\"\(secret)!\""]), "{\"\(secret)\":\(secret)}",
            event(["lang": "\"\(secret)\""]), event(["brand": "[\"\(secret)\",{\"\(secret)\":1}]"]),
        ] {
            let detail = outcome(text).detail
            #expect(!detail.isEmpty && !detail.contains(secret) && detail.contains("byte"))
        }
        let date = outcome(#"{"id":"1","source":"b","text":"t","author":{"id":1},"published_at":"x"}"#)
        #expect(date.detail == "\"published_at\" is not an RFC 3339 date (byte 67)")
    }
}

extension String {
    /// The event with a member replaced, or left out when the value is empty.
    func replacing(_ field: String, with value: String) -> String {
        // Repeated keys: the last wins. Leaving out means renaming.
        value.isEmpty
            ? replacingFirst("\"\(field)\":", with: "\"_\(field)\":")
            : dropLast() + ",\"\(field)\":\(value)}"
    }

    private func replacingFirst(_ target: String, with replacement: String) -> String {
        guard let range = firstRange(of: target) else { return self }
        return replacingCharacters(in: range, with: replacement)
    }

    private func replacingCharacters(in range: Range<Index>, with replacement: String) -> String {
        self[..<range.lowerBound] + replacement + self[range.upperBound...]
    }
}
