import Advocacy
import MentionModel
import Testing

/// Steele, Lea and Flood's SplitMix64: the same numbers everywhere for one seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

private func contribution(_ random: inout SplitMix64) -> Contribution {
    func count() -> Int64 { Bool.random(using: &random) ? Int64.random(in: 0...50, using: &random) : .max }
    return Contribution(
        mention: Int64.random(in: 1...40, using: &random),
        source: Int32.random(in: 1...2, using: &random),
        author: Int64.random(in: 1...3, using: &random),
        publishedAt: Timestamp(microseconds: Int64.random(in: -90...90, using: &random) * 1_800_000_000),
        brands: (0..<Int.random(in: 0...3, using: &random)).map { _ in Int32.random(in: 1...3, using: &random) },
        sentiment: Sentiment(rawValue: Int8.random(in: -1...2, using: &random)),
        score: Int16.random(in: .min ... .max, using: &random),
        labels: HourLabels(
            emotion: Emotion(rawValue: Int8.random(in: 0...4, using: &random)),
            intents: Intents(rawValue: Int16.random(in: 0...127, using: &random)),
            irony: Int16.random(in: 0...10_000, using: &random),
            spam: Int16.random(in: 0...10_000, using: &random)
        ),
        likes: count(),
        reposts: count(),
        replies: count(),
        isAnswer: Bool.random(using: &random),
        isRepost: Bool.random(using: &random),
        followers: Bool.random(using: &random) ? count() : nil,
        isSetAside: Int.random(in: 0..<4, using: &random) == 0
    )
}

@Suite struct ContributionTests {
    @Test func addsUpOneMention() {
        let mention = Contribution(
            mention: 70,
            source: 4,
            author: 7,
            publishedAt: Timestamp(microseconds: 86_400_000_000 * 3 + 3_600_000_000 * 5 + 1),
            brands: [9, 2, 9],
            sentiment: .negative,
            score: -4321,
            labels: HourLabels(
                emotion: .anger,
                intents: [.complaint, .threat],
                irony: 4_999,
                offensive: 5_000,
                spam: nil
            ),
            likes: 1,
            reposts: 2,
            replies: 3,
            isAnswer: true,
            isRepost: true,
            followers: 40
        )
        #expect(mention.brands == [2, 9])
        #expect(mention.ledgerKey(brand: 2) == LedgerKey(brand: 2, author: 7, day: 3))
        #expect(mention.hourKey(brand: 9) == HourKey(brand: 9, hour: 77, source: 4))
        #expect(mention.wishKey(brand: 9) == WishKey(brand: 9, hour: 77, mention: 70) && !mention.isWish)
        var sums = LedgerSums()
        sums.mentions = 1
        sums.negative = 1
        sums.scoreSum = -4321
        sums.likes = 1
        sums.reposts = 2
        sums.replies = 3
        sums.answers = 1
        sums.passedOn = 1
        sums.followersKnown = 1
        sums.followersSum = 40
        #expect(mention.sums == sums)
        var hour = HourSums()
        hour.mentions = 1
        hour.negative = 1
        (hour.anger, hour.complaint, hour.threat, hour.offensive) = (1, 1, 1, 1)
        #expect(mention.hourSums == hour)
    }

    @Test func unreadableAndHostileMentions() {
        let mention = Contribution(
            mention: 1,
            source: 1,
            author: 1,
            publishedAt: Timestamp(microseconds: .min),
            brands: [],
            sentiment: nil,
            score: .max,
            labels: HourLabels(),
            likes: .max,
            reposts: .min,
            followers: .max
        )
        #expect(mention.sums.unknown == 1 && mention.hourSums.unknown == 1)
        #expect(mention.sums.scoreSum == 0)
        #expect(mention.sums.likes == Contribution.largestAddend)
        #expect(mention.sums.followersSum == Contribution.largestAddend)
        #expect(mention.sums.reposts == 0 && mention.sums.followersKnown == 1)
        let loud = Contribution(
            mention: 1,
            source: 1,
            author: 1,
            publishedAt: Timestamp(microseconds: 0),
            brands: [1],
            sentiment: .positive,
            score: .max,
            labels: HourLabels()
        )
        #expect(loud.sums.scoreSum == 10_000 && loud.sums.followersKnown == 0)
    }

    @Test func eachSentimentHasItsPlace() {
        for sentiment in [Sentiment.negative, .neutral, .positive, nil] as [Sentiment?] {
            let sums = Contribution(
                mention: 1,
                source: 1,
                author: 1,
                publishedAt: Timestamp(microseconds: 0),
                brands: [1],
                sentiment: sentiment,
                score: 5,
                labels: HourLabels()
            ).sums
            #expect(sums.negative == (sentiment == .negative ? 1 : 0))
            #expect(sums.neutral == (sentiment == .neutral ? 1 : 0))
            #expect(sums.positive == (sentiment == .positive ? 1 : 0))
            #expect(sums.unknown == (sentiment == nil ? 1 : 0))
        }
    }
}

@Suite struct DeltaBookTests {
    private func book(adding: [Contribution], subtracting: [Contribution] = []) -> DeltaBook {
        var book = DeltaBook()
        for contribution in adding { book.add(contribution) }
        for contribution in subtracting { book.subtract(contribution) }
        return book
    }

    @Test func anyOrderAndGroupingGivesTheSame() {
        var random = SplitMix64(state: 20)
        for _ in 0..<100 {
            let added = (0..<60).map { _ in contribution(&random) }
            let removed = (0..<20).map { Bool.random(using: &random) ? added[$0] : contribution(&random) }
            let straight = book(adding: added, subtracting: removed)

            var steps = added.map { ($0, true) } + removed.map { ($0, false) }
            steps.shuffle(using: &random)
            var parts = [DeltaBook](repeating: DeltaBook(), count: 4)
            for (contribution, isAdded) in steps {
                let part = Int.random(in: 0..<4, using: &random)
                if isAdded { parts[part].add(contribution) } else { parts[part].subtract(contribution) }
            }
            var whole = DeltaBook()
            for part in parts.shuffled(using: &random) { whole.add(part) }
            #expect(whole.sortedLedger == straight.sortedLedger)
            #expect(whole.sortedHours == straight.sortedHours)
            #expect(whole.sortedWishes == straight.sortedWishes)
        }
    }

    /// Keys from all over their types: they must sort as numbers with a sign.
    @Test func bothOrdersHoldTheSameRows() {
        var random = SplitMix64(state: 23)
        var book = DeltaBook()
        for _ in 0..<400 {
            book.add(
                Contribution(
                    mention: 1,
                    source: 1,
                    author: [.min, -1, 0, 1 << 32, 1 << 31, .max][Int.random(in: 0..<6, using: &random)],
                    publishedAt: Timestamp(microseconds: .random(in: -3...3, using: &random) * 86_400_000_000),
                    brands: [[Int32.min, -1, 0, 1, .max][Int.random(in: 0..<5, using: &random)]],
                    sentiment: .neutral,
                    score: 0,
                    labels: HourLabels()
                )
            )
        }
        let rows = book.sortedLedger
        #expect(rows.map(\.key) == rows.map(\.key).sorted() && rows.count > 100)
        let byDay = book.ledgerByDay
        #expect(
            byDay
                == rows.sorted { ($0.key.brand, $0.key.day, $0.key.author) < ($1.key.brand, $1.key.day, $1.key.author) }
        )
        #expect(book.sortedHours.map(\.key) == book.sortedHours.map(\.key).sorted())
    }

    @Test func subtractUndoesAdd() {
        var random = SplitMix64(state: 21)
        let all = (0..<500).map { _ in contribution(&random) }
        let nothing = book(adding: all, subtracting: all.shuffled(using: &random))
        #expect(nothing.sortedLedger.isEmpty && nothing.sortedHours.isEmpty)
        #expect(nothing.sortedWishes.added.isEmpty && nothing.sortedWishes.removed.isEmpty)
        #expect(!nothing.isEmpty && DeltaBook().isEmpty)
        let some = book(adding: all, subtracting: Array(all[100...]))
        // But for the note that something was there before.
        let told = some.sortedLedger.map { delta in
            var delta = delta
            delta.isTouched = false
            return delta
        }
        #expect(told == book(adding: Array(all[..<100])).sortedLedger)
        #expect(some.sortedLedger.contains { $0.isTouched })
        #expect(!book(adding: all).sortedLedger.contains { $0.isTouched })
        var replaced = DeltaBook()
        replaced.replace(all[0], with: all[1])
        #expect(replaced.sortedLedger.allSatisfy { $0.isTouched })
        #expect(some.sortedHours == book(adding: Array(all[..<100])).sortedHours)
    }

    @Test func equalsAFoldWrittenPlainly() {
        var random = SplitMix64(state: 22)
        let all = (0..<400).map { _ in contribution(&random) }
        let rows = book(adding: all).sortedLedger
        let keys = Set(all.flatMap { one in one.brands.map { one.ledgerKey(brand: $0) } })
        #expect(rows.map(\.key) == keys.sorted())
        for row in rows {
            let members = all.filter { one in one.brands.contains { one.ledgerKey(brand: $0) == row.key } }
            #expect(row.sums == members.reduce(.zero) { $0 + $1.sums })
            #expect(row.firstAt == members.map(\.publishedAt).min())
            #expect(row.lastAt == members.map(\.publishedAt).max())
            #expect(!row.mayShrink)
        }
        let hours = book(adding: all).sortedHours
        #expect(hours.map(\.key) == hours.map(\.key).sorted())
        for row in hours {
            let members = all.filter { one in one.brands.contains { one.hourKey(brand: $0) == row.key } }
            #expect(row.sums == members.reduce(.zero) { $0 + $1.hourSums })
        }
    }

    private func at(_ seconds: Int64, _ sentiment: Sentiment = .neutral) -> Contribution {
        Contribution(
            mention: 1,
            source: 1,
            author: 1,
            publishedAt: Timestamp(microseconds: seconds * 1_000_000),
            brands: [1],
            sentiment: sentiment,
            score: 0,
            labels: HourLabels()
        )
    }

    @Test func boundsShrinkOnlyWhereAnInstantLeaves() {
        // The same instant with another sentiment: sums change, bounds don't.
        let same = book(adding: [at(5, .positive)], subtracting: [at(5)]).sortedLedger
        #expect(same.count == 1)
        #expect(same.first?.firstAt == nil)
        #expect(same.first?.mayShrink == false)

        // Another instant of the same day: sums are the same, bounds are not.
        let moved = book(adding: [at(9), at(7)], subtracting: [at(5), at(6)]).sortedLedger
        #expect(moved.count == 1)
        #expect(moved.first?.sums == .zero)
        #expect(moved.first?.firstAt == Timestamp(microseconds: 7_000_000))
        #expect(moved.first?.lastAt == Timestamp(microseconds: 9_000_000))
        #expect(moved.first?.firstRemovedAt == Timestamp(microseconds: 5_000_000))
        #expect(moved.first?.lastRemovedAt == Timestamp(microseconds: 6_000_000))

        // One of two mentions of one instant stays.
        let kept = book(adding: [at(5), at(5)], subtracting: [at(5)]).sortedLedger
        #expect(kept.first?.firstAt == Timestamp(microseconds: 5_000_000))
        #expect(kept.first?.mayShrink == false)
    }

    @Test func theEndsOfTheTypesDontTrap() {
        var sums = LedgerSums()
        sums.mentions = .max
        sums.likes = .max
        var one = LedgerSums()
        one.mentions = 1
        one.likes = 1
        #expect(sums + one - one == sums)
        #expect((LedgerSums.zero - sums) + sums == .zero)
    }

    /// By reflection, so that a member added later and forgotten in the sums is found.
    @Test func everyMemberIsSummed() {
        let mention = Contribution(
            mention: 1,
            source: 1,
            author: 1,
            publishedAt: Timestamp(microseconds: 0),
            brands: [1],
            sentiment: .positive,
            score: 4,
            labels: HourLabels(emotion: .joy, intents: Intents(rawValue: 127), irony: 10_000, spam: 5_000),
            likes: 5,
            reposts: 6,
            replies: 7,
            isAnswer: true,
            isRepost: true,
            followers: 8,
            isSetAside: true
        )
        func values(_ sums: Any) -> [Int64] {
            Mirror(reflecting: sums).children.compactMap { ($0.value as? any BinaryInteger).map { Int64($0) } }
        }
        let once = values(mention.sums)
        #expect(once.count == 16)
        #expect(values(mention.sums + mention.sums) == once.map { $0 * 2 })
        #expect(values(LedgerSums.zero - mention.sums) == once.map { -$0 })
        #expect(once.count { $0 == 0 } == 4)
        let hour = values(mention.hourSums)
        #expect(hour.count == 19 && hour.reduce(0, +) == 12)
        #expect(values(mention.hourSums + mention.hourSums) == hour.map { $0 * 2 })
        var all = HourSums()
        (all.mentions, all.positive, all.neutral, all.negative, all.unknown) = (1, 2, 3, 4, 5)
        #expect(values(all + all).prefix(5) == [2, 4, 6, 8, 10])
        #expect(values(HourSums.zero - all).prefix(5) == [-1, -2, -3, -4, -5])
        var each = HourSums()
        (each.anger, each.joy, each.optimism, each.sadness) = (6, 7, 8, 9)
        (each.complaint, each.suggestion, each.question, each.request) = (10, 11, 12, 13)
        (each.praise, each.purchase, each.threat) = (14, 15, 16)
        (each.ironic, each.offensive, each.spam) = (17, 18, 19)
        #expect(values(all + each) == Array(1...19))
        #expect(values(each - all).dropFirst(5) == Array(6...19)[...])
        var sums = LedgerSums()
        (sums.neutral, sums.negative, sums.unknown) = (1, 2, 3)
        #expect(values(sums + sums).sorted().suffix(3) == [2, 4, 6])
    }

    @Test func keysAreOrderedByBrandAuthorAndDay() {
        let keys = [
            LedgerKey(brand: 1, author: 2, day: -1), LedgerKey(brand: 1, author: 2, day: 3),
            LedgerKey(brand: 1, author: 3, day: 0), LedgerKey(brand: 2, author: 0, day: 0),
        ]
        #expect(keys.reversed().sorted() == keys)
        #expect(HourKey(brand: 1, hour: 9, source: 7) < HourKey(brand: 2, hour: 0, source: 1))
        #expect(HourKey(brand: 1, hour: 9, source: 1) < HourKey(brand: 1, hour: 9, source: 2))
        #expect(WishKey(brand: 1, hour: 9, mention: 7) < WishKey(brand: 1, hour: 10, mention: 1))
    }
}
