import Feeds
import Foundation
import MentionModel
import Testing

private let header = "id,source,text,author_handle,published_at"

@Suite struct CSVTests {
    private static func texts(_ rows: String, pieces: Int = 65_536) throws -> [String] {
        try ReadFeed("\(header)\(rows)".utf8, FeedOptions.forTests(.csv), pieces: pieces).records.map(\.text)
    }

    @Test(
        arguments: [
            ("\n1,s,plain,a,DATE", ["plain"]),
            ("\r\n1,s,crlf,a,DATE\r\n", ["crlf"]),
            ("\n1,s,\"quo\"\"ted, with comma\",a,DATE\n", ["quo\"ted, with comma"]),
            ("\n1,s,\"two\nlines\r\nor three\",a,DATE\n2,s,b,a,DATE", ["two\nlines\r\nor three", "b"]),
            ("\n\n\r\n1,s,blank lines,a,DATE\n\n", ["blank lines"]),
            ("\n1,s,a \"quote\" inside,a,DATE\n", ["a \"quote\" inside"]),
            ("\n\"1\",\"s\",\"all quoted\",\"a\",\"DATE\"\r\n", ["all quoted"]),
            ("\n1,s,cr\rinside,a,DATE\n", ["cr\rinside"]),
            ("", []),
        ] as [(String, [String])]
    ) func readsRows(rows: String, expected: [String]) throws {
        let rows = rows.replacing("DATE", with: "2024-01-01T00:00:00Z")
        for pieces in [1, 2, 5, 65_536] { #expect(try Self.texts(rows, pieces: pieces) == expected) }
    }

    @Test func skipsAByteOrderMarkAndNothingElse() throws {
        let row = "\n1,s,t,a,2024-01-01T00:00:00Z"
        for pieces in [1, 2, 100] {
            let marked = try ReadFeed("\u{FEFF}\(header)\(row)".utf8, FeedOptions.forTests(.csv), pieces: pieces)
            #expect(marked.records.count == 1)
            // U+FF49 begins with the first byte of the mark.
            let wide = "\u{FF49},\(header)\n0,1,s,t,a,2024-01-01T00:00:00Z"
            let options = try FeedOptions.forTests(.csv, map: ["title=\u{FF49}"])
            #expect(try ReadFeed(wide.utf8, options, pieces: pieces).records.map(\.title) == ["0"])
        }
    }

    @Test func reportsRowsByTheirFirstLine() throws {
        let good = "9,s,\"a\nb\",x,2024-01-01T00:00:00Z"
        let rows = [
            good, "1,s,too few", good, "1,s,t,x,2024-01-01T00:00:00Z,extra", "1,s,\"a\"b,x,2024-01-01T00:00:00Z", good,
            "1,s,t,x,yesterday", "1,s,,x,2024-01-01T00:00:00Z", "1,S P,t,x,2024-01-01T00:00:00Z", good, "1,s,\"open",
        ]
        let feed = try ReadFeed(([header] + rows).joined(separator: "\n").utf8, FeedOptions.forTests(.csv))
        #expect(feed.records.count == 4)
        #expect(
            feed.faults == [
                "line 4 bad_csv", "line 7 bad_csv", "line 8 bad_csv", "line 11 bad_date", "line 12 missing_field",
                "line 13 bad_field", "line 16 bad_csv",
            ]
        )
    }

    @Test func aRowThatIsTooLongIsGivenUpAndReadingGoesOn() throws {
        var options = try FeedOptions.forTests(.csv)
        options.maximumRowBytes = 1_000
        let long = "1,s,\"\(String(repeating: "x", count: 2_000))"
        let good = "2,s,t,a,2024-01-01T00:00:00Z"
        let feed = try ReadFeed("\(header)\n\(long)\n\(good)\n".utf8, options)
        #expect(feed.faults.first == "line 2 too_long")
        #expect(feed.records.last?.id == "2")
        let commas = String(repeating: ",", count: 100_000)
        #expect(try ReadFeed("\(header)\n\(commas)\n\(good)".utf8, options).faults == ["line 2 too_long"])
    }

    @Test func notUTF8() throws {
        let bytes = Array("\(header)\n1,s,a#,x,2024-01-01T00:00:00Z".utf8).map { $0 == UInt8(ascii: "#") ? 0xE9 : $0 }
        #expect(try ReadFeed(bytes, FeedOptions.forTests(.csv)).faults == ["line 2 not_utf8"])
    }
}

@Suite struct MappingTests {
    private static let columns = "key,who,said,when,n,\"odd, name\"\n"
    private static let row = "7,ann,hello,05-02-2015 9.07,3.0,o\n"

    private static func record(_ map: String..., source: String? = "forum") throws -> MentionRecord? {
        let base = ["id=key,text=said,author_handle=who,published_at=date(when,'dd-MM-yyyy HH.mm')"]
        let feed = try ReadFeed(
            (columns + row).utf8,
            FeedOptions.forTests(.csv, map: base + map, source: source)
        )
        #expect(feed.rejections.isEmpty)
        return feed.records.first
    }

    @Test func functions() throws {
        let record = try #require(
            try Self.record(
                "title=concat(said,' by ',who)",
                "likes=integer(n)",
                "brand=\"odd, name\"",
                "url=first('',who)",
                "lang='en'",
                "conversation='it''s'"
            )
        )
        #expect(record.title == "hello by ann")
        #expect(record.likes == 3)
        #expect(record.brands == ["o"])
        #expect(record.url == "ann")
        #expect(record.conversation == "it's")
        #expect(record.publishedAt == Timestamp.parse(rfc3339: "2015-02-05T09:07:00Z"))
        #expect(record.source == "forum")
    }

    @Test func aHashDependsOnWhereValuesEnd() throws {
        let one = try #require(try Self.record("id=hash(who,said)")).id
        #expect(one.count == 16 && one.allSatisfy { $0.isHexDigit })
        #expect(try Self.record("id=hash(concat(who,said))")?.id != one)
        #expect(try Self.record("id=hash(concat(who,'h'),'ello')")?.id != one)
        #expect(try Self.record("id=hash('ann','hello')")?.id == one)
        // Two values of one byte: XXH64 of 01 00 … 61 01 00 … 62.
        let bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0x61, 1, 0, 0, 0, 0, 0, 0, 0, 0x62]
        let digits = String(XXH64.hash(bytes.span), radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.count) + digits
        #expect(try Self.record("id=hash('a','b')")?.id == padded)
    }

    @Test(
        arguments: [
            ("id=nothing", "\"nothing\", which is not there: the columns are key, who, said"),
            ("id=sha(key)", "no function sha()"), ("ident=key", "no field \"ident\""), ("id", "field=expression"),
            ("id=hash(key", "closing parenthesis"), ("id='x", "not closed"), ("id=", "a value is expected"),
            ("published_at=date(when)", "does not take 1"), ("published_at=date(when,who)", "single quotes"),
            ("published_at=date(when,'dd-mm-yyyy')", "needs a year"), ("published_at=date(when,'QQ')", "no meaning"),
            ("id=key who=x", "a comma is expected"), ("source=''", "missing"),
        ]
    ) func mistakesAreNamed(map: String, message: String) throws {
        do {
            let feed = try ReadFeed(
                (Self.columns + Self.row).utf8,
                FeedOptions.forTests(
                    .csv,
                    map: ["id=key,text=said,author_handle=who,source='s',published_at=when", map]
                )
            )
            // An empty literal is no mistake of the mapping but of every row.
            #expect(message == "missing" && !feed.rejections.isEmpty)
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    /// Found by fuzzing: the stack is not the bound.
    @Test func functionsNestToABound() throws {
        func map(_ depth: Int) -> String {
            "id=" + String(repeating: "first(", count: depth) + "key" + String(repeating: ")", count: depth)
        }
        #expect(try Self.record(map(32))?.id == Self.record("id=key")?.id)
        for depth in [33, 100_000] {
            #expect { _ = try ColumnMapping([map(depth)]) } throws: { error in
                guard case FeedError.badMapping(let problem) = error else { return false }
                return problem.contains("more than 32 functions in each other")
            }
        }
        #expect(throws: FeedError.self) { try ColumnMapping(["id=" + String(repeating: "(", count: 100_000)]) }
    }

    @Test func whatEveryMentionNeedsMustBeMapped() throws {
        #expect(throws: FeedError.self) { try ReadFeed("a,b\n1,2\n".utf8, FeedOptions.forTests(.csv)) }
        #expect(throws: FeedError.noHeader) { try ReadFeed("".utf8, FeedOptions.forTests(.csv)) }
        #expect(throws: FeedError.ambiguousColumn("id")) {
            try ReadFeed("id,id,source,text,author_id,published_at\n".utf8, FeedOptions.forTests(.csv))
        }
    }

    @Test(
        arguments: [
            ("dd-MM-yyyy HH.mm", "24-02-2015 11.35", "2015-02-24T11:35:00Z"),
            ("yyyy/MM/dd", "2015/2/4", "2015-02-04T00:00:00Z"),
            ("d MMM yyyy HH:mm:ss Z", "4 Feb 2015 01:02:03 +0130", "2015-02-03T23:32:03Z"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2015-02-04T01:02:03.25-01:00", "2015-02-04T02:02:03.25Z"),
            ("EEE MMM dd HH:mm:ss Z yyyy", "Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24Z"),
            ("dd-MM-yyyy", "31-02-2015", nil), ("dd-MM-yyyy", "01-01-2015 ", nil), ("dd-MM-yyyy", "1-1-15", nil),
            ("dd-MM-yyyy HH.mm", "01-01-2015 24.00", nil), ("dd-MM-yyyy", "", nil),
        ] as [(String, String, String?)]
    ) func dates(pattern: String, text: String, expected: String?) throws {
        let map =
            "id='1',source='s',text='t',author_id='a',published_at=date(d,'\(pattern.replacing("'", with: "''"))')"
        let feed = try ReadFeed("d,x\n\"\(text)\",x".utf8, FeedOptions.forTests(.csv, map: [map]))
        #expect(feed.records.first?.publishedAt == expected.flatMap { Timestamp.parse(rfc3339: $0) })
    }
}
