/// One thing that a model says of a text.
public enum Head: String, Sendable, CaseIterable {
    /// For, against or neither.
    case sentiment
    /// The feeling shown.
    case emotion
    /// Whether it means the opposite of what it says.
    case irony
    /// Whether it is abusive.
    case offensive
    /// Whether it complains.
    case complaint
    /// What its author does by saying it.
    case speechAct = "speech_act"
    /// Whether it proposes a change.
    case suggestion
    /// Whether it is unsolicited advertising.
    case spam

    /// The labels, in the order of probabilities. A head of two labels has one lane: that of the second.
    public var labels: [String] {
        switch self {
        case .sentiment: ["negative", "neutral", "positive"]
        case .emotion: ["anger", "joy", "optimism", "sadness"]
        case .irony: ["not_ironic", "ironic"]
        case .offensive: ["not_offensive", "offensive"]
        case .complaint: ["not_complaint", "complaint"]
        case .speechAct: ["question", "suggestion", "request", "threat", "expression", "statement", "other"]
        case .suggestion: ["not_suggestion", "suggestion"]
        case .spam: ["ham", "spam"]
        }
    }

    /// The lanes of a row that are this head's.
    public var lanes: Range<Int> {
        switch self {
        case .sentiment: 0..<3
        case .emotion: 3..<7
        case .irony: 7..<8
        case .offensive: 8..<9
        case .complaint: 9..<10
        case .speechAct: 10..<17
        case .suggestion: 17..<18
        case .spam: 18..<19
        }
    }

    /// Where it stands among the heads.
    public var index: Int {
        switch self {
        case .sentiment: 0
        case .emotion: 1
        case .irony: 2
        case .offensive: 3
        case .complaint: 4
        case .speechAct: 5
        case .suggestion: 6
        case .spam: 7
        }
    }

    /// How many heads there are.
    static let count = 8
    /// Where the lanes of each head begin, by ``index``, and where the last one's end.
    static let firstLanes: InlineArray<9, Int> = [0, 3, 7, 8, 9, 10, 17, 18, 19]
    /// Lanes of all heads together.
    public static let laneCount = 19
}
