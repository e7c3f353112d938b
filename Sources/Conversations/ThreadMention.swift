public import MentionModel

/// How a mention hangs on another. Raw values are stored.
public enum ThreadKind: Int16, Sendable, CaseIterable {
    /// It answers it.
    case answer = 0
    /// It passes it on.
    case repost = 1
    /// It is in the conversation that the other began.
    case conversation = 2
}

/// Who a mention is: its source's number and its id there. Compared byte for byte, as the database does.
public struct ThreadName: Hashable, Sendable {
    /// The source's number.
    public var source: Int32
    /// The id on that source.
    public var id: String

    /// Makes a name.
    public init(source: Int32, id: String) {
        self.source = source
        self.id = id
    }

    /// Whether both are the same bytes.
    public static func == (left: ThreadName, right: ThreadName) -> Bool {
        left.source == right.source && left.id.utf8.elementsEqual(right.id.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        var id = id
        id.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What of a mention its links are made from.
public struct ThreadEnd: Sendable, Equatable {
    /// The mention's number.
    public var number: Int64
    /// The author's number.
    public var author: Int64
    /// `published_at`.
    public var publishedAt: Timestamp
    /// −1, 0, 1; nil where the model can't read the language.
    public var sentiment: Int16?
    /// The brands' numbers, ascending.
    public var brands: [Int32]

    /// Makes an end.
    public init(number: Int64, author: Int64, publishedAt: Timestamp, sentiment: Int16?, brands: [Int32]) {
        self.number = number
        self.author = author
        self.publishedAt = publishedAt
        self.sentiment = sentiment
        self.brands = brands
    }
}

/// A mention as it is counted, with what it points at.
public struct ThreadMention: Sendable, Equatable {
    /// What its links are made from.
    public var end: ThreadEnd
    /// Who it is.
    public var name: ThreadName
    /// The id that it answers.
    public var inReplyTo: String?
    /// The id that it passes on.
    public var repostOf: String?
    /// The id of the thread's root.
    public var conversation: String?

    /// Makes a mention.
    public init(
        end: ThreadEnd,
        name: ThreadName,
        inReplyTo: String? = nil,
        repostOf: String? = nil,
        conversation: String? = nil
    ) {
        self.end = end
        self.name = name
        self.inReplyTo = inReplyTo
        self.repostOf = repostOf
        self.conversation = conversation
    }

    /// Whom it points at, each kind once, never itself.
    ///
    /// Where a source tells the conversation and nothing else, as forums do, the root is what it answers. Otherwise the
    /// conversation is told apart only where it is none of the others.
    public var pointers: [ThreadPointer] {
        if inReplyTo == nil, repostOf == nil, conversation == nil { return [] }
        var pointers: [ThreadPointer] = []
        func add(_ kind: ThreadKind, _ id: String?) {
            guard let id else { return }
            let parent = ThreadName(source: name.source, id: id)
            if parent != name { pointers.append(ThreadPointer(kind: kind, parent: parent)) }
        }
        guard inReplyTo != nil || repostOf != nil else {
            add(.answer, conversation)
            return pointers
        }
        add(.answer, inReplyTo)
        add(.repost, repostOf)
        if let conversation {
            let root = ThreadName(source: name.source, id: conversation)
            let others = [inReplyTo, repostOf].compactMap { $0 }.map { ThreadName(source: name.source, id: $0) }
            if !others.contains(root) { add(.conversation, conversation) }
        }
        return pointers
    }
}

/// One thing that a mention points at.
public struct ThreadPointer: Hashable, Sendable {
    /// How.
    public var kind: ThreadKind
    /// At whom.
    public var parent: ThreadName

    /// Makes a pointer.
    public init(kind: ThreadKind, parent: ThreadName) {
        self.kind = kind
        self.parent = parent
    }
}
