/// What is to happen to planted authors, by time: a binary heap. The same pushes give the same pops, whatever their
/// order, since no two events are equal but in all.
struct PlantSchedule: Sendable {
    struct Event: Sendable, Comparable {
        /// Not before this nominal time, in milliseconds.
        var due: Int64
        /// Index of the planted author.
        var plant: Int
        /// The number of the mention that it writes; nil where somebody answers it or passes it on.
        var mention: Int?

        static func < (left: Event, right: Event) -> Bool {
            (left.due, left.plant, left.mention ?? -1) < (right.due, right.plant, right.mention ?? -1)
        }
    }

    private var heap: [Event] = []

    var isEmpty: Bool { heap.isEmpty }

    /// O(log n).
    mutating func push(_ event: Event) {
        heap.append(event)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The first event, if it is due. O(log n).
    mutating func pop(at now: Int64) -> Event? {
        guard let first = heap.first, first.due <= now, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

/// What a planted author has done and got so far.
struct PlantRecord: Sendable {
    /// Mentions that it wrote, and of these by the feeling that was meant.
    var mentions = 0
    var positive = 0
    var neutral = 0
    var negative = 0
    /// Answers to others who spoke of the brand, and of these those under the opposite feeling.
    var answers = 0
    var defences = 0
    /// Answers to and reposts of others of its ring.
    var mateAnswers = 0
    var mateReposts = 0
    /// Posts with a link and a code.
    var links = 0
    /// Likes that its events claimed at first.
    var likes = 0
    /// Answers and reposts that it got from authors of the stream who are not planted.
    var repliesGot = 0
    var repostsGot = 0
    /// `published_at` of the first and the last.
    var firstAt: Int64 = 0
    var lastAt: Int64 = 0
    /// Its latest mention that is no repost: what others answer.
    var latest: SyntheticMention?

    mutating func count(_ mention: SyntheticMention) {
        mentions += 1
        switch mention.feeling {
        case .positive: positive += 1
        case .neutral: neutral += 1
        case .negative: negative += 1
        }
        likes += Int(mention.likes)
        if mentions == 1 { firstAt = mention.publishedAt }
        firstAt = min(firstAt, mention.publishedAt)
        lastAt = max(lastAt, mention.publishedAt)
        if mention.repostOf == nil { latest = mention }
    }
}
