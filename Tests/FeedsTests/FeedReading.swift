import Feeds
import Foundation
import MentionModel

/// What a whole input gives.
struct ReadFeed {
    var records: [MentionRecord] = []
    var payloads: [String] = []
    var rejections: [FeedRejection] = []
    var format: FeedFormat?
    var audit = RepeatAudit()

    /// Reads the input in pieces of a size.
    init(_ input: some Sequence<UInt8>, _ options: FeedOptions = .forTests(), pieces: Int = 65_536) throws(FeedError) {
        let bytes = Array(input)
        var reader = FeedReader(options)
        var batch = FeedBatch()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + pieces)
            try reader.read(Array(bytes[start..<end]), into: &batch)
            take(&batch)
            start = end
        }
        try reader.finish(into: &batch)
        take(&batch)
        format = reader.format
    }

    private mutating func take(_ batch: inout FeedBatch) {
        for mention in batch.mentions {
            records.append(MentionRecord(mention.event, in: batch.arena))
            payloads.append(String(decoding: batch.payloads[mention.payload], as: UTF8.self))
            audit.see(mention.event, in: batch.arena)
        }
        rejections += batch.rejections
        batch.removeAll()
    }

    /// Codes and places of what was not read.
    var faults: [String] { rejections.map { "\($0.place) \($0.fault.code)" } }
}

extension FeedOptions {
    /// As of 2026, by format and mapping.
    static func forTests(
        _ format: FeedFormat? = nil,
        map: [String] = [],
        source: String? = nil
    ) throws(FeedError) -> FeedOptions {
        FeedOptions(
            format: format,
            mapping: try ColumnMapping(map),
            defaultSource: source,
            recordedAt: Timestamp(milliseconds: 1_767_571_200_000)
        )
    }

    static func forTests() -> FeedOptions {
        FeedOptions(recordedAt: Timestamp(milliseconds: 1_767_571_200_000))
    }
}

/// The real files, which are no part of the repository; nil where they are missing.
enum RealData {
    static func bytes(_ name: String) -> Data? {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        // Next to the package, also where the tests are reached through a link.
        for folder in [
            root, URL(filePath: FileManager.default.currentDirectoryPath),
            URL(filePath: root.path).resolvingSymlinksInPath(),
        ] {
            let file = folder.appending(path: "../shared/data/streams/\(name)").standardizedFileURL
            if let data = try? Data(contentsOf: file) { return data }
        }
        return nil
    }

    static let isMissing = bytes("airline_mentions.csv") == nil
}
