import MentionModel
import Testing

@Suite struct MentionDecoderTests {
    @Test func readsEveryField() {
        let result = outcome(
            """
            \u{feff} {"id":"1","source":"twitter","text":"  \\t good \\u00e9\\ud83d\\ude00\\u3000 ","lang":"en-GB",
             "author":{"id":"7","handle":"@x","name":"X \\"Y\\"","followers":12,"verified":true,"x":{"y":[1,{"z":{}}]}},
             "published_at":"2024-05-06T07:08:09.5+02:00","edited_at":"2024-05-07T00:00:00Z",
             "brand":["acme","b\\u0062","acme"], "url":"https:\\/\\/e.x","title":"T","in_reply_to":"0","repost_of":"00",
             "conversation":"c","counts":{"likes":1,"reposts":2,"replies":3},"unknown":[[],{},[{}],-0.5e-3,true,null]}\n
            """
        )
        #expect(
            result.record
                == MentionRecord(
                    id: "1",
                    source: "twitter",
                    text: "good \u{e9}\u{1f600}",
                    authorID: "7",
                    authorHandle: "@x",
                    authorName: "X \"Y\"",
                    followers: 12,
                    verified: true,
                    publishedAt: Timestamp(microseconds: 1_714_972_089_500_000),
                    editedAt: Timestamp(microseconds: 1_715_040_000_000_000),
                    brands: ["acme", "bb"],
                    language: "en-GB",
                    url: "https://e.x",
                    title: "T",
                    inReplyTo: "0",
                    repostOf: "00",
                    conversation: "c",
                    likes: 1,
                    reposts: 2,
                    replies: 3
                )
        )
    }

    @Test func nullsAreAbsent() {
        let nulls = event([
            "author": #"{"id":null,"handle":"h","name":null,"followers":null,"verified":null}"#, "edited_at": "null",
            "brand": "null", "lang": "null", "url": "null", "title": "null", "in_reply_to": "null",
            "repost_of": "null", "conversation": "null", "counts": "null",
        ])
        let absent = outcome(event(["author": #"{"handle":"h"}"#]))
        #expect(outcome(nulls) == absent)
        #expect(absent.record?.authorID == "h")
        #expect(absent.record?.brands == [])
        #expect(outcome(event(["author": #"{"handle":"h"}"#, "brand": "[ ]", "counts": "{}"])) == absent)
        #expect(outcome(event(["author": #"{"handle":"h"}"#, "lang": "\"\"", "in_reply_to": "\"\""])) == absent)
    }

    @Test func numbersStandForTheirText() {
        let record = outcome(
            event([
                "id": "-1234567890123456789012", "source": "5", "text": "0.50", "author": #"{"id":12,"handle":-0}"#,
                "brand": "[1, \"1\", 2.0]", "in_reply_to": "77",
            ])
        ).record
        #expect(record?.id == "-1234567890123456789012")
        #expect(record?.source == "5")
        #expect(record?.text == "0.50")
        #expect(record?.authorID == "12")
        #expect(record?.authorHandle == "-0")
        #expect(record?.brands == ["1", "2.0"])
        #expect(record?.inReplyTo == "77")
    }

    @Test func theLastOfRepeatedKeysWins() {
        let twice =
            #"{"id":[],"\u0069d":"2","source":"A","source":"b","text":5,"text":"t","#
            + #""author":{"id":"x","name":"n","followers":1},"author":{"handle":"y","handle":"z"},"#
            + #""counts":{"likes":9,"replies":1},"counts":{"likes":-1,"likes":3},"#
            + #""published_at":"no","published_at":"2024-05-06T07:08:09Z"}"#
        let record = outcome(twice).record
        #expect(record?.id == "2")
        #expect(record?.source == "b")
        #expect(record?.authorID == "z")
        #expect(record?.authorName == nil)
        #expect(record?.followers == nil)
        #expect(record?.likes == 3)
        #expect(record?.replies == 0)
        #expect(outcome(event(["x": #"1,"id":null"#])).reason == .missingField)
        #expect(outcome(event(["x": #"1,"author":null"#])).reason == .missingField)
        #expect(outcome(event(["x": #"1,"author":{}"#])).reason == .missingField)
    }

    @Test(
        arguments: [
            ("12", 12), ("0", 0), ("-0", 0), ("-0.0e5", 0), ("12.0", 12), ("1.2e1", 12), ("1.20E+1", 12),
            ("1200e-2", 12),
            ("9223372036854775807", Int64.max), ("0.0000009223372036854775807e25", Int64.max),
            ("922337203685477580.7e1", Int64.max),
            ("9223372036854775808", nil), ("-1", nil), ("1.5", nil), ("1e19", nil), ("1e-1", nil),
            ("0e99999999999999", 0),
            ("1e99999999999999999999", nil), ("10e-99999999999999999999", nil), ("\"1\"", nil), ("true", nil),
            ("[]", nil),
            ("1000000000000000000000000e-20", 10_000),
        ] as [(String, Int64?)]
    )
    func countsAreIntegersInValue(written: String, value: Int64?) {
        let likes = outcome(event(["counts": "{\"likes\":\(written)}"]))
        let followers = outcome(event(["author": "{\"id\":1,\"followers\":\(written)}"]))
        #expect(likes.record?.likes == value)
        #expect(followers.record?.followers == value)
        #expect(likes.reason == (value == nil ? .badField : nil))
        #expect(followers.reason == (value == nil ? .badField : nil))
    }

    @Test(arguments: [
        (#"a\u0041\u00e9\u20ac\uD83D\uDe00z"#, "aA\u{e9}\u{20ac}\u{1f600}z"),
        (#"\"\\\/\b\f\n\r\tx"#, "\"\\/\u{8}\u{c}\n\r\tx"),
        (#"\ud83d"#, "\u{fffd}"), (#"\ude00\ud83d"#, "\u{fffd}\u{fffd}"), (#"\ud83d\ud83d\ude00"#, "\u{fffd}\u{1f600}"),
        (#"\ud83dx"#, "\u{fffd}x"), (#"\ud83d\n\ude00!"#, "\u{fffd}\n\u{fffd}!"), (#"\ud83d\u0041"#, "\u{fffd}A"),
        (#"\\u0000"#, #"\u0000"#), (#"12345678\u00e9"#, "12345678\u{e9}"), (#"1234567\\"#, #"1234567\"#),
    ])
    func escapes(written: String, value: String) {
        let result = outcome(event(["text": "\"\(written)\"", "title": "\"\(written)\""]))
        #expect(result.record?.title == value, "\(result.detail)")
    }

    @Test func textIsTrimmedOfUnicodeWhiteSpace() {
        let spaces =
            "\u{9}\u{a}\u{b}\u{c}\u{d} \u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}"
        let escaped = spaces.unicodeScalars.map { "\\u" + String(0x10000 | $0.value, radix: 16).dropFirst() }.joined()
        #expect(outcome(event(["text": "\"\(escaped)a b\(escaped)\""])).record?.text == "a b")
        #expect(outcome(event(["text": "\"\(escaped)\""])).reason == .badField)
        // Not white space: zero-width space, byte order mark, and characters that share bytes with white space.
        for kept in ["\u{200b}", "\u{feff}", "\u{e0}", "\u{1681}", "\u{3001}", "\u{1f600}"] {
            #expect(outcome(event(["text": "\" \(kept)x\(kept) \""])).record?.text == "\(kept)x\(kept)")
        }
    }

    @Test func lengthsAreBytesOfTheValue() {
        func text(_ count: Int, _ unit: String = "a") -> String { "\"" + String(repeating: unit, count: count) + "\"" }
        let rules: [(Int, (String) -> String)] = [
            (256, { event(["id": $0]) }), (64, { event(["source": $0]) }), (65_536, { event(["text": $0]) }),
            (256, { event(["author": "{\"id\":\($0)}"]) }), (256, { event(["author": "{\"handle\":\($0)}"]) }),
            (128, { event(["brand": $0]) }), (128, { event(["brand": "[\"x\",\($0)]"]) }),
            (256, { event(["in_reply_to": $0]) }), (256, { event(["repost_of": $0]) }),
        ]
        for (longest, make) in rules {
            #expect(outcome(make(text(longest))).reason == nil)
            #expect(outcome(make(text(longest, "\\u0061"))).reason == nil)
            #expect(outcome(make(text(longest + 1))).reason == .badField)
        }
        #expect(outcome(event(["text": "\"  " + String(repeating: "a", count: 65_536) + "  \""])).reason == nil)
        #expect(outcome(event(["id": text(86, "\u{20ac}")])).reason == .badField)
        #expect(outcome(event(["conversation": text(5000), "title": text(5000), "url": "\"\""])).reason == nil)
    }

    @Test func manyBrandsAreKeptOnce() {
        let names = (0..<2000).map { "\"b\($0 % 700)\"" }
        #expect(
            outcome(event(["brand": "[" + names.joined(separator: ",") + "]"])).record?.brands
                == (0..<700).map { "b\($0)" }
        )
        #expect(outcome(event(["brand": "\"solo\""])).record?.brands == ["solo"])
    }

    @Test func datesAreJudgedByTheRecord() throws {
        func reason(_ date: String, _ record: Timestamp?) -> ReasonCode? {
            outcome(event(["published_at": "\"\(date)\""]), at: record).reason
        }
        let record = try #require(Timestamp.parse(rfc3339: "2020-01-01T00:00:00Z"))
        #expect(reason("2020-01-02T00:00:00Z", record) == nil)
        #expect(reason("2020-01-02T00:00:00.000001Z", record) == .badDate)
        #expect(reason("2024-01-01T00:00:00Z", Timestamp(microseconds: -1000)) == nil)
        #expect(reason("2024-01-01T00:00:00Z", nil) == nil)
        #expect(reason("2100-01-01T00:00:00Z", nil) == nil)
        #expect(reason("2100-01-01T00:00:01Z", nil) == .badDate)
        #expect(reason("9999-12-31T00:00:00Z", nil) == .badDate)
        #expect(reason("9999-12-31T00:00:00Z", record) == .badDate)
        #expect(reason("9999-12-31T00:00:00Z", Timestamp(microseconds: .max)) == nil)
        // In the year 10000 of UTC, which could not be written again.
        #expect(reason("9999-12-31T23:59:59-23:59", Timestamp(microseconds: .max)) == .badDate)
        #expect(reason("9999-12-31T23:59:59-00:01", Timestamp(microseconds: 253_402_300_800_000_000)) == .badDate)
        #expect(reason("1990-01-01T00:00:00Z", record) == nil)
        #expect(reason("1989-12-31T23:59:59.999999Z", record) == .badDate)
        let edits = event(["edited_at": "\"2024-05-05T00:00:00Z\""])
        #expect(outcome(edits).record?.editedAt != nil)
        #expect(outcome(event(["edited_at": "\"2120-01-01T00:00:00Z\""])).reason == .badDate)
    }
}
