import ArgumentParser
import Conversations
import Persistence
import PostgresClient
import Runtime

struct ConversationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conversations",
        abstract: "Shows week by week how a brand answers: how often, how fast, and who does the talking.",
        discussion: """
            Needs the brand's own accounts (mention-admin brands add NAME --own-account HANDLE; the whole brand is set \
            anew by that). They count at once, for the past as well.

            A mention is answered when one of them has answered it; times are those of the first answer, in the week of \
            the mention. Talk is what they said that names the brand or answers a mention of it; talk to listen is that \
            for each mention by others; monologue is the share of it that answers nobody. Weeks begin on Monday, UTC. \
            The same figures are in the views answered_by_week, answer_time_by_week, talk_to_listen_by_week and \
            monologue_by_week; they are exact up to related_through, see mention-admin lag.

            Examples:
              mention-admin conversations Acme
              mention-admin conversations Acme --weeks 52 --json
            """
    )

    @Argument(help: "The brand's name.") var brand: String
    @Option(help: "So many weeks, up to that of the newest mention.") var weeks: Int32 = 8
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if !(1...5_000).contains(weeks) { throw ValidationError("--weeks is a number from 1 to 5000.") }
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            guard try await ViewReading.brandExists(brand, on: connection) else {
                throw ProgramFailure(.usage, "there is no brand of that name: see mention-admin brands list")
            }
            let weeks = try await ConversationReading.weeks(of: brand, last: weeks, on: connection)
            let unit = options.json ? "_seconds" : ""
            var report = Report([
                "week", "mentions", "answered", "answered_share", "median" + unit, "p90" + unit, "talk",
                "talk_to_listen", "monologue_share",
            ])
            for week in weeks {
                report.add(
                    .text(week.week),
                    .integer(week.mentions),
                    .integer(week.answered),
                    .real(week.answeredShare, digits: 3),
                    options.json ? .real(week.median) : .text(week.median.map(Self.time)),
                    options.json ? .real(week.p90) : .text(week.p90.map(Self.time)),
                    .integer(week.talk),
                    .real(week.talkToListen, digits: 3),
                    .real(week.monologueShare, digits: 3)
                )
            }
            report.write(json: options.json, whenEmpty: "Nobody has mentioned it yet.")
        }
    }

    /// A length of time for a person: its two greatest units.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "–" }
        let all = Int(max(seconds, 0).rounded())
        let parts = [(all / 86_400, "d"), (all / 3_600 % 24, "h"), (all / 60 % 60, "m"), (all % 60, "s")]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).map { "\($0.0)\($0.1)" }
        return shown.isEmpty ? "0s" : shown.joined(separator: " ")
    }
}

struct ThreadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thread",
        abstract: "Prints the thread that a mention is in, as a tree.",
        discussion: """
            Goes up to where the thread begins, as far as that is stored, and down to all answers and reposts. The mention \
            asked for has an arrow; [own] is an own account of a brand. Deeper than 12 steps the tree is not drawn further \
            in. Mentions that have come in this minute may still be missing: see mention-admin lag.

            Texts are personal data: they are shown because you ask.

            Examples:
              mention-admin thread twitter 1187412981234567
              mention-admin thread mastodon 109501 --limit 1000 --json
            """
    )

    /// Deeper lines are drawn at this depth.
    static let mostDepth = 12

    @Argument(help: "The source, as in the view mention.") var source: String
    @Argument(help: ArgumentHelp("The mention's id on that source.", valueName: "id")) var nativeID: String
    @Option(help: "At most so many mentions.") var limit: Int32 = 200
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if !(1...100_000).contains(limit) { throw ValidationError("--limit is a number from 1 to 100000.") }
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let thread = try await ThreadReading.run(
                source: source,
                nativeID: nativeID,
                limit: limit,
                on: connection
            )
            guard let thread else {
                throw ProgramFailure(
                    .usage,
                    "there is no mention \(Visible.text(String(nativeID.prefix(60)))) of the source "
                        + "\(Visible.text(String(source.prefix(64)))): see mention-admin search"
                )
            }
            if options.json { writeLines(thread) } else { write(thread) }
        }
    }

    private func writeLines(_ thread: StoredThread) {
        var report = Report(
            "depth",
            "kind",
            "parent_native_id",
            "source",
            "native_id",
            "author",
            "is_own_account",
            "published_at",
            "sentiment",
            "text"
        )
        for member in thread.members {
            report.add(
                .integer(Int64(member.place.depth)),
                .text(member.place.kind.map { "\($0)" }),
                .text(member.place.depth == 0 ? thread.missing : member.parentID),
                .text(member.source),
                .text(member.nativeID),
                .text(member.author),
                .flag(member.isOwnAccount),
                .time(member.publishedAt),
                .text(member.sentimentName),
                .text(member.text)
            )
        }
        report.write(json: true, whenEmpty: "")
    }

    private func write(_ thread: StoredThread) {
        if let missing = thread.missing {
            StandardStream.output.write("(\(Visible.text(missing)) is not stored)\n")
        }
        for member in thread.members {
            let depth = min(member.place.depth, Self.mostDepth)
            let indent = String(repeating: "   ", count: max(depth - 1, 0)) + (depth > 0 ? "└─ " : "")
            let isAsked = member.nativeID.utf8.elementsEqual(nativeID.utf8)
            let marks = [
                isAsked ? "→" : nil, member.isOwnAccount ? "[own]" : nil,
                member.place.kind == .repost ? "[repost]" : nil,
                member.place.depth > Self.mostDepth ? "[depth \(member.place.depth)]" : nil,
            ]
            let head = [
                Cell.date(member.publishedAt), Visible.text(member.author), Visible.text(member.nativeID),
                member.sentimentName ?? "–",
            ]
            let line = (marks.compactMap { $0 } + head).joined(separator: "  ")
            let text = Visible.text(String(member.text.prefix(200))) + (member.text.count > 200 ? "…" : "")
            let below = String(repeating: "   ", count: depth)
            StandardStream.output.write("\(indent)\(line)\n\(below)\(text)\n")
        }
        if thread.isCut {
            StandardStream.output.write("… there are more: raise --limit, which is \(limit)\n")
        }
    }
}

extension ThreadMember {
    /// The sentiment by its name; nil where there is none.
    var sentimentName: String? {
        switch sentiment {
        case -1: "negative"
        case 0: "neutral"
        case 1: "positive"
        default: nil
        }
    }
}
