import Feeds
import Foundation
import MentionModel
import Testing

@Suite(.enabled(if: !RealData.isMissing, "the folder ../shared/data is not there"))
struct RealDataTests {
    private static func distinct(_ feed: ReadFeed) -> Int { Set(feed.records.map { "\($0.source) \($0.id)" }).count }

    @Test func statusesAboutASoftwareStack() throws {
        let data = try #require(RealData.bytes("twitter_v11_mean_stack.jsonl"))
        let feed = try ReadFeed(data)
        #expect(feed.format == .twitter)
        #expect(feed.records.count == 966 + 372)
        #expect(feed.rejections.isEmpty)
        #expect(Self.distinct(feed) == 1_338)
    }

    @Test func aSearchAnswer() throws {
        let data = try #require(RealData.bytes("twitter_v11_search_page.json"))
        let feed = try ReadFeed(data)
        #expect(feed.format == .twitter)
        #expect(feed.records.count == 100 + 73)
        #expect(feed.rejections.isEmpty)
        #expect(Self.distinct(feed) == 115)
        #expect(!feed.audit.isSuspicious)
    }

    private static let airline = [
        "source='twitter',author_handle=name,brand=airline,reposts=retweet_count",
        "published_at=date(tweet_created,'dd-MM-yyyy HH.mm')",
    ]

    @Test func airlinesWithAnIDFromOtherColumns() throws {
        let data = try #require(RealData.bytes("airline_mentions.csv"))
        let options = try FeedOptions.forTests(.csv, map: Self.airline + ["id=hash(name,tweet_created,text)"])
        let feed = try ReadFeed(data, options)
        #expect(feed.records.count == 14_640)
        #expect(feed.rejections.isEmpty)
        #expect(Self.distinct(feed) == 14_485)
        #expect(feed.audit.repeats == 155 && !feed.audit.isSuspicious)
    }

    @Test func airlinesWithTheMangledIDAreSuspicious() throws {
        let data = try #require(RealData.bytes("airline_mentions.csv"))
        let feed = try ReadFeed(data, FeedOptions.forTests(.csv, map: Self.airline + ["id=tweet_id"]))
        #expect(feed.records.count == 14_640)
        #expect(feed.audit.isSuspicious)
    }

    @Test func customersAndSupport() throws {
        let data = try #require(RealData.bytes("customer_support_twitter.csv"))
        let map = "id=tweet_id,source='twitter',published_at=created_at,in_reply_to=integer(in_response_to_tweet_id)"
        let feed = try ReadFeed(data, FeedOptions.forTests(.csv, map: [map]))
        #expect(feed.records.count + feed.rejections.count == 5_000)
        #expect(feed.rejections.isEmpty)
    }
}
