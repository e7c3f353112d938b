import Feeds
import Foundation
import MentionModel
import Testing

private let event =
    #"{"id":"1","source":"blog","text":"hello","author":{"handle":"a"},"published_at":"2024-01-01T00:00:00Z"}"#

@Suite struct CanonicalTests {
    @Test(arguments: [1, 3, 17, 65_536]) func passesGoodLinesOnAsTheyAre(pieces: Int) throws {
        let odd =
            #"{ "text":"b" , "id":7,"source":"blog","author":{"handle":"a"},"published_at":"2024-01-01T00:00:00Z","x":1}"#
        let feed = try ReadFeed("\(event)\n\n  \r\n\(odd)\r\n\(event)".utf8, pieces: pieces)
        #expect(feed.payloads == [event, odd, event])
        #expect(feed.rejections.isEmpty)
        #expect(feed.format == .canonical)
        #expect(feed.records[1].id == "7")
    }

    @Test(arguments: [5, 65_536]) func reportsBadLinesAndGoesOn(pieces: Int) throws {
        let lines = [
            event, "{broken", event, #"{"source":"blog"}"#, #"{"published_at":"x"}"#, "\u{FEFF}" + event,
            event.replacing("2024", with: "9999"), event.replacing("hello", with: "a\\u0000b"), "nonsense", event,
        ]
        let feed = try ReadFeed(lines.joined(separator: "\n").utf8, pieces: pieces)
        #expect(feed.payloads.count == 4)
        #expect(
            feed.faults == [
                "line 2 bad_json", "line 4 missing_field", "line 5 missing_field", "line 7 bad_date",
                "line 8 nul_character", "line 9 bad_json",
            ]
        )
        #expect(feed.rejections.allSatisfy { !$0.detail.contains("nonsense") && !$0.detail.contains("broken") })
    }

    @Test func notUTF8AndTooLargeLines() throws {
        var input = Array("\(event)\n".utf8)
        input += Array(event.replacing("hello", with: "a#b").utf8).map { $0 == UInt8(ascii: "#") ? 0xFF : $0 }
        input += Array("\n\(event.replacing("hello", with: String(repeating: "x", count: 1_100_000)))\n".utf8)
        input += Array("{\"id\":\"\(String(repeating: "y", count: 4_000_000))\"}\n\(event)\n".utf8)
        var options = FeedOptions.forTests()
        options.maximumPieceBytes = 2_000_000
        let feed = try ReadFeed(input, options)
        #expect(feed.faults == ["line 2 not_utf8", "line 3 too_large", "line 4 too_long"])
        #expect(feed.payloads.count == 2)
    }

    @Test func anArrayOfEvents() throws {
        let feed = try ReadFeed("[\(event),\n\(event), 3, \"x\", {\"a\":[{}]}]".utf8)
        #expect(feed.payloads == [event, event])
        #expect(feed.faults.map { $0.prefix(9) } == ["element 3", "element 4", "element 5"])
    }

    @Test func emptyInputs() throws {
        for input in ["", "\n\n", "[]", "{\"statuses\": []}\n", " "] {
            let feed = try ReadFeed(input.utf8)
            #expect(feed.payloads.isEmpty && feed.rejections.isEmpty, "\(input)")
        }
    }

    @Test func aFirstLineThatIsDamagedDoesNotMakeItCSV() throws {
        let feed = try ReadFeed("garbage\n\(event)\n".utf8)
        #expect(feed.payloads == [event])
        #expect(feed.faults == ["line 1 bad_json"])
    }

    @Test func randomBytesNeverTrap() throws {
        var state: UInt64 = 9
        for round in 0..<300 {
            let alphabet = Array("{}[]\",:\\ \n\r'abc0u\u{FEFF}é-".utf8)
            let input = (0..<(round % 90 + 1)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return alphabet[Int(state >> 33) % alphabet.count]
            }
            for format in [FeedFormat?.none, .canonical, .twitter] {
                _ = try? ReadFeed(input, FeedOptions.forTests(format), pieces: 1 + round % 5)
            }
            _ = try? ReadFeed(Array("id,source,text,author_id,published_at\n".utf8) + input, pieces: 1 + round % 5)
        }
    }
}

@Suite struct TwitterTests {
    private static func status(_ id: Int, _ more: String = "", text: String = "Fish &amp; chips &lt;3") -> String {
        """
        {"created_at":"Wed Oct 10 20:19:24 +0000 2018","id":\(id),"id_str":"\(id)","text":"\(text)",\
        "user":{"id":7,"id_str":"7","name":"Ann","screen_name":"ann","followers_count":12,"verified":true,\
        "entities":{"url":{"urls":[{"indices":[0,22]}]}}},"retweet_count":3,"favorite_count":4,"lang":"en"\(more)}
        """
    }

    @Test func readsAStatus() throws {
        let more = #","reply_count":2,"in_reply_to_status_id_str":"5","in_reply_to_status_id":5,"source":"<a>x</a>""#
        let record = try #require(try ReadFeed(Self.status(9, more).utf8).records.first)
        #expect(
            record
                == MentionRecord(
                    id: "9",
                    source: "twitter",
                    text: "Fish & chips <3",
                    authorID: "7",
                    authorHandle: "ann",
                    authorName: "Ann",
                    followers: 12,
                    verified: true,
                    publishedAt: Timestamp(milliseconds: 1_539_202_764_000),
                    language: "en",
                    url: "https://twitter.com/i/status/9",
                    inReplyTo: "5",
                    likes: 4,
                    reposts: 3,
                    replies: 2
                )
        )
    }

    @Test func takesTheLongestText() throws {
        let full = try ReadFeed(Self.status(1, #","full_text":"the full one""#).utf8)
        #expect(full.records.map(\.text) == ["the full one"])
        let extended = try ReadFeed(
            Self.status(1, #","full_text":"f","extended_tweet":{"full_text":"longest","x":[1]}"#).utf8
        )
        #expect(extended.records.map(\.text) == ["longest"])
    }

    @Test func undeterminedLanguageIsAbsentAndNullsAre() throws {
        let text = Self.status(1, #","in_reply_to_status_id_str":null,"retweeted_status":null,"extended_tweet":null"#)
            .replacing(#""lang":"en""#, with: #""lang":"und""#)
        let record = try #require(try ReadFeed(text.utf8).records.first)
        #expect(record.language == nil && record.inReplyTo == nil && record.repostOf == nil)
    }

    @Test func theEmbeddedOriginalIsAMentionOfItsOwn() throws {
        let original = Self.status(1, text: "all of the long original text")
        let repost = Self.status(2, ",\"retweeted_status\":\(original)", text: "RT @ann: all of the lo\u{2026}")
        let feed = try ReadFeed(repost.utf8)
        #expect(feed.records.map(\.id) == ["1", "2"])
        #expect(feed.records.map(\.repostOf) == [nil, "1"])
        #expect(feed.records[1].text == "RT @ann: all of the long original text")
        #expect(feed.records.map(\.reposts) == [3, 0])
        var options = FeedOptions.forTests()
        options.readsOriginals = false
        #expect(try ReadFeed(repost.utf8, options).records.map(\.id) == ["2"])
    }

    @Test(arguments: [1, 10, 65_536]) func readsArraysAndSearchAnswers(pieces: Int) throws {
        let list = "[\(Self.status(1)),\(Self.status(2))]"
        #expect(try ReadFeed(list.utf8, pieces: pieces).records.map(\.id) == ["1", "2"])
        let answer = """
            {
              "search_metadata": {"count": 2, "statuses": [1, 2]},
              "statuses": \(list),
              "next": ["no", {"id_str":"3"}]
            }
            """
        #expect(try ReadFeed(answer.utf8, pieces: pieces).records.map(\.id) == ["1", "2"])
        let oneLine = "{\"statuses\":\(list)}\n{\"statuses\":[\(Self.status(3))]}\n"
        #expect(try ReadFeed(oneLine.utf8, pieces: pieces).records.map(\.id) == ["1", "2", "3"])
    }

    @Test func countsWhatItCannotRead() throws {
        let lines = [
            Self.status(1).replacing("2018", with: "18"), Self.status(2).replacing("\"text\"", with: "\"body\""),
            Self.status(3).replacing("id_str", with: "n").replacing("\"id\"", with: "\"m\""),
            Self.status(4).replacing("\"favorite_count\":4", with: "\"favorite_count\":\"many\""),
            Self.status(5).replacing("{\"id\":7", with: "{\"id\":"), Self.status(6),
            #"{"delete":{"status":{"id_str":"6"}}}"#, #"{"created_at":"x","user":"#,
        ]
        let feed = try ReadFeed(lines.joined(separator: "\n").utf8, FeedOptions.forTests(.twitter))
        #expect(feed.records.map(\.id) == ["6"])
        #expect(
            feed.faults == [
                "line 1 bad_date", "line 2 missing_field", "line 3 missing_field", "line 4 bad_field",
                "line 5 bad_json", "line 7 missing_field", "line 8 bad_json",
            ]
        )
    }

    @Test func aDocumentThatEndsInside() throws {
        let feed = try ReadFeed("{\"statuses\":[\n\(Self.status(1)),{\"id\":".utf8)
        #expect(feed.records.count == 1)
        #expect(feed.faults == ["element 2 bad_json"])
        let broken = try ReadFeed("[\(Self.status(1))] trailing".utf8)
        #expect(broken.records.count == 1 && broken.faults == ["element 2 bad_json"])
    }

    @Test func surrogatesAndDepth() throws {
        let emoji = try ReadFeed(Self.status(1, text: #"a\ud83d\ude00b \ud800 \u00e9"#).utf8)
        #expect(emoji.records.map(\.text) == ["a\u{1F600}b \u{FFFD} \u{E9}"])
        let deep = Self.status(1, ",\"x\":" + String(repeating: "[", count: 300) + String(repeating: "]", count: 300))
        #expect(try ReadFeed(deep.utf8).faults == ["line 1 too_deep"])
    }

    @Test(arguments: ["\\u+041", "\\u-041", "\\u 041", "\\u004", "\\uD83D\\u+E00"])
    func escapesHaveFourDigits(_ escape: String) throws {
        let status = #"{"id":1,"text":"a\#(escape)","user":{"id":2},"created_at":"Wed Oct 10 20:19:24 +0000 2018"}"#
        let feed = try ReadFeed(status.utf8, .forTests(.twitter))
        #expect(feed.faults == ["line 1 bad_json"])
    }
}
