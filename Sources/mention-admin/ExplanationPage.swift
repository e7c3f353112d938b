import Advocacy
import Foundation
import Persistence

/// An explanation for people, or as one JSON object.
struct ExplanationPage {
    let brand: String
    private let answer: AuthorExplanation
    private var score: AdvocateScore { answer.score }
    private var standing: Standing { answer.standing }
    private var setting: ScoreSetting { answer.setting.setting }

    init(brand: String, _ answer: AuthorExplanation) {
        self.brand = brand
        self.answer = answer
    }

    private static func number(_ value: Double, _ digits: Int = 3) -> String { String(format: "%.\(digits)f", value) }

    /// A setting as it was written: 3, not 3.0.
    private static func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : String(value)
    }

    private static func date(day: Int32) -> String {
        String(Cell.date(Int64(day) * 86_400_000_000).prefix(10))
    }

    // MARK: - For people

    var text: String {
        var lines = head
        lines.append("")
        lines += terms.map {
            "  \($0.name.padding(toLength: 15, withPad: " ", startingAt: 0)) \(Self.number($0.value))  \($0.how)"
        }
        lines += ["", "  score = " + formula, ""]
        var text = lines.joined(separator: "\n") + "\n"
        text += table(weekReport)
        text +=
            answer.mentions.isEmpty
            ? "" : "\nMentions that moved it most (effect: score less the score without it):\n\n"
        text += answer.mentions.isEmpty ? "" : table(mentionReport)
        return text
    }

    private func table(_ report: Report) -> String { report.table() }

    private var head: [String] {
        let author = answer.author
        let names = [author.handle.map { "@\($0)" }, author.name].compactMap { $0 }.map { Visible.text($0) }
        let who = ([Visible.text(author.authorID)] + names).joined(separator: ", ")
        var lines = [
            "\(Visible.text(brand)) · \(Visible.text(author.source)) \(who)",
            "score \(Self.number(score.score, 1)) · \(score.band.rawValue) · \(standing.mentions) mentions"
                + " (\(standing.positive) positive, \(standing.neutral) neutral, \(standing.negative) negative,"
                + " \(standing.unknown) unknown; \(standing.copies) copies, \(standing.setAside) spam or abuse)"
                + " · \(Self.date(day: answer.today)) · settings version \(answer.setting.version)",
        ]
        if !answer.accounts.isEmpty {
            let accounts = answer.accounts.map(Authors.shown).joined(separator: ", ")
            lines.append("One person with several accounts: \(accounts)")
        }
        if author.isOwn { lines.append("One of the brand's own accounts: it has no score and no band.") }
        if !answer.setting.isSettled {
            lines.append(
                "The settings have changed a moment ago: what is stored of others may be of the version before."
            )
        }
        return lines
    }

    private var terms: [(name: String, value: Double, how: String)] {
        let amplified = Double(standing.amplified) / 1_000
        let present = Double(standing.present) / 1_000
        return [
            (
                "weight", score.factor,
                "2^(-\(score.age) / \(setting.halfLifeDays)): \(score.age) days since the last day, \(Self.date(day: standing.lastDay))"
            ),
            (
                "positivity", score.positivity,
                "share of positive opinions by weight, a neutral one counting half"
            ),
            (
                "opinions", score.trials,
                "min(\(Self.number(score.factor)) × \(Self.number(Double(standing.weight) / 1_000)), \(Self.number(Double(standing.worth) / 1_000))):"
                    + " what they are worth today"
            ),
            (
                "lower", score.lower,
                "Wilson's bounds of \(Self.number(score.positivity)) in \(Self.number(score.trials)) opinions:"
                    + " \(Self.number(score.lower)) … \(Self.number(score.upper));"
                    + " advocate from \(Self.plain(setting.advocateFrom)), supporter from \(Self.plain(setting.supporterFrom)),"
                    + " critic where the upper is at most \(Self.plain(setting.criticUpTo))"
            ),
            (
                "presence", score.presence,
                "M / (M + \(Self.plain(setting.presenceHalf))), M = \(Self.number(score.factor)) × \(Self.number(present)) mentions that count"
            ),
            ("constancy", score.constancy, "\(Int(score.constancy * 8)) active weeks of the last 8"),
            ("there", score.there, "√(presence × constancy)"),
            (
                "amplification", score.amplification,
                "A / (A + 2M + \(Self.plain(setting.amplificationHalf))), A = \(Self.number(score.factor)) × \(Self.number(amplified)) reposts and replies of others"
            ),
            (
                "reach", score.reach,
                standing.followers.map { "log(1 + \($0) followers) / log(1 + \(setting.reachFull))" }
                    ?? "followers are not known"
            ),
            ("dialogue", score.dialogue, "2 × share of answers to others; to whom is not known: half"),
            ("defence", score.defence, "4 × share of positive answers under negative mentions of others"),
            (
                "heard", score.heard,
                "(\(Self.plain(setting.amplificationWeight)) + \(Self.plain(setting.reachWeight)) reach) × amplification"
                    + " + \(Self.plain(setting.dialogueWeight)) dialogue + \(Self.plain(setting.defenceWeight)) defence"
            ),
            ("originality", score.originality, "share of the mentions that are neither copies nor spam nor abuse"),
            ("moderation", score.moderation, "share of the mentions within \(setting.dayCap) a day"),
        ]
    }

    private var formula: String {
        "100 × √(lower × there × originality³ × moderation) × heard\n        = 100 × √(\(Self.number(score.lower)) × \(Self.number(score.there))"
            + " × \(Self.number(score.originality))³ × \(Self.number(score.moderation))) × \(Self.number(score.heard))"
            + " = \(Self.number(score.score, 1))"
    }

    private var weekReport: Report {
        var report = Report(
            "week",
            "weight",
            "mentions",
            "count",
            "positive",
            "neutral",
            "negative",
            "copies",
            "set_aside",
            "answers",
            "dialogues",
            "defences",
            "told",
            "got"
        )
        for week in answer.weeks {
            report.add(
                .text(Self.date(day: week.monday)),
                .real(week.weight),
                .integer(week.sums.mentions),
                .integer(week.counted),
                .integer(week.sums.positive),
                .integer(week.sums.neutral),
                .integer(week.sums.negative),
                .integer(week.sums.copies),
                .integer(week.sums.setAside),
                .integer(week.sums.answers),
                .integer(week.sums.dialogues),
                .integer(week.sums.defences),
                .integer(week.sums.reposts + week.sums.replies),
                .integer(week.sums.repliesGot + week.sums.repostsGot)
            )
        }
        return report
    }

    private static func sentiment(_ sentiment: Int16?) -> String? {
        switch sentiment {
        case 1: "positive"
        case 0: "neutral"
        case -1: "negative"
        default: nil
        }
    }

    private var mentionReport: Report {
        var report = Report("effect", "weight", "published_at", "sentiment", "note", "told", "link_or_id", "text")
        for mention in answer.mentions {
            let text = [mention.title, mention.text].compactMap { $0 }.joined(separator: " — ")
            report.add(
                .text((mention.effect < 0 ? "" : "+") + Self.number(mention.effect, 2)),
                .real(mention.weight),
                .time(mention.publishedAt),
                .text(Self.sentiment(mention.sentiment)),
                .text(mention.isSetAside ? "set aside" : mention.isCopy ? "copy" : ""),
                .integer(mention.reposts + mention.replies),
                .text(mention.url ?? mention.nativeID),
                .text(text.count <= 100 ? text : String(text.prefix(99)) + "…")
            )
        }
        return report
    }

    // MARK: - For machines

    private struct Document: Encodable {
        struct Term: Encodable {
            var name: String
            var value: Double
            var how: String
        }
        struct Mention: Encodable {
            var native_id: String
            var url: String?
            var published_at: String
            var sentiment: String?
            var is_copy: Bool
            var set_aside: Bool
            var reposts: Int64
            var replies: Int64
            var weight: Double
            var effect: Double
            var title: String?
            var text: String
        }
        struct Week: Encodable {
            var monday: String
            var weight: Double
            var mentions: Int64
            var count: Int64
            var positive: Int64
            var neutral: Int64
            var negative: Int64
            var unknown: Int64
            var copies: Int64
            var set_aside: Int64
            var answers: Int64
            var dialogues: Int64
            var defences: Int64
            var reposts_told: Int64
            var replies_told: Int64
            var reposts_got: Int64
            var replies_got: Int64
        }
        var brand: String
        var source: String
        var author_id: String
        var author_handle: String?
        var author_name: String?
        var accounts: [String]?
        var is_own_account: Bool
        var day: String
        var setting_version: Int32
        var setting: ScoreSetting
        var score: Double
        var band: String
        var mentions_counted: Int64
        var followers: Int64?
        var terms: [Term]
        var weeks: [Week]
        var mentions: [Mention]
    }

    var json: String {
        let document = Document(
            brand: brand,
            source: answer.author.source,
            author_id: answer.author.authorID,
            author_handle: answer.author.handle,
            author_name: answer.author.name,
            accounts: answer.accounts.isEmpty ? nil : answer.accounts.map { "\($0.source):\($0.id)" },
            is_own_account: answer.author.isOwn,
            day: Self.date(day: answer.today),
            setting_version: answer.setting.version,
            setting: setting,
            score: score.score,
            band: score.band.rawValue,
            mentions_counted: standing.mentions,
            followers: standing.followers,
            terms: terms.map { Document.Term(name: $0.name, value: $0.value, how: $0.how) },
            weeks: answer.weeks.map { week in
                Document.Week(
                    monday: Self.date(day: week.monday),
                    weight: week.weight,
                    mentions: week.sums.mentions,
                    count: week.counted,
                    positive: week.sums.positive,
                    neutral: week.sums.neutral,
                    negative: week.sums.negative,
                    unknown: week.sums.unknown,
                    copies: week.sums.copies,
                    set_aside: week.sums.setAside,
                    answers: week.sums.answers,
                    dialogues: week.sums.dialogues,
                    defences: week.sums.defences,
                    reposts_told: week.sums.reposts,
                    replies_told: week.sums.replies,
                    reposts_got: week.sums.repostsGot,
                    replies_got: week.sums.repliesGot
                )
            },
            mentions: answer.mentions.map { mention in
                Document.Mention(
                    native_id: mention.nativeID,
                    url: mention.url,
                    published_at: Cell.date(mention.publishedAt),
                    sentiment: Self.sentiment(mention.sentiment),
                    is_copy: mention.isCopy,
                    set_aside: mention.isSetAside,
                    reposts: mention.reposts,
                    replies: mention.replies,
                    weight: mention.weight,
                    effect: mention.effect,
                    title: mention.title,
                    text: mention.text
                )
            }
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // No value of it is infinite: there is nothing that JSON can't hold.
        guard let data = try? encoder.encode(document) else { return "{}\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}
