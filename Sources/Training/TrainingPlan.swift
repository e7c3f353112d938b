public import Classification

/// How one head is trained and what its labels are chosen for.
public struct HeadPlan: Sendable {
    /// How it is trained.
    public var settings: HeadSettings
    /// What labels are chosen for.
    public var aim: Aim
    /// How common each label is taken to be in use; nil: as in the data.
    public var shares: [Double]?

    /// Makes a plan.
    public init(settings: HeadSettings, aim: Aim, shares: [Double]? = nil) {
        self.settings = settings
        self.aim = aim
        self.shares = shares
    }

    /// The plan of a head: found by cross-validation on training data and on dev sets.
    public static func standard(for head: Head) -> HeadPlan {
        var settings = HeadSettings()
        switch head {
        case .sentiment:
            settings.ridge = 0.4
            settings.balance = 1
            settings.iterations = 80
            // Shares of labels in training data are an accident of how they were gathered. What people write of
            // brands is more often neutral than not, and more often a complaint than praise.
            return HeadPlan(settings: settings, aim: .macroRecall, shares: [0.3, 0.45, 0.25])
        case .emotion:
            settings.scales.vectors = 0.3
            settings.scales.others = 1
            settings.scales.dense = 0.2
            return HeadPlan(settings: settings, aim: .macroF1)
        case .irony:
            settings.scales.vectors = 0.25
            settings.scales.others = 1.2
            // Half of the training texts are ironic; of mentions fewer.
            return HeadPlan(settings: settings, aim: .secondF1, shares: [0.6, 0.4])
        case .complaint:
            settings.scales.vectors = 0.3
            settings.scales.others = 1
            return HeadPlan(settings: settings, aim: .macroF1)
        case .offensive:
            return HeadPlan(settings: settings, aim: .macroF1)
        case .speechAct:
            settings.ridge = 0.2
            settings.scales.vectors = 0.3
            settings.scales.others = 1.5
            return HeadPlan(settings: settings, aim: .macroF1)
        case .suggestion:
            return HeadPlan(settings: settings, aim: .secondF1)
        case .spam:
            settings.ridge = 0.08
            settings.scales.vectors = 0.6
            settings.scales.others = 1.5
            return HeadPlan(settings: settings, aim: .accuracy)
        }
    }
}

/// A file that is learned from.
public struct DataFile: Sendable {
    /// What it is for.
    public enum Role: Sendable, Equatable {
        /// Labelled texts to learn from.
        case train(Head)
        /// Labelled texts to measure by, and then to learn from.
        case dev(Head)
        /// Texts without labels.
        case text
        /// A list of words with valences, in the place of this number.
        case lexicon(Int, unit: Double)
        /// A list of words that are all for, or all against, in the place of this number.
        case wordList(Int, valence: Double)
        /// Names of emoji, for the lexicon in the place of this number.
        case emojiNames(Int)
    }

    /// Its path below the folder of data.
    public var name: String
    /// What it is for.
    public var role: Role
    /// What it holds.
    public var bytes: [UInt8]
    /// The terms under which it may be used.
    public var terms: String

    /// Makes a file.
    public init(name: String, role: Role, bytes: [UInt8], terms: String) {
        self.name = name
        self.role = role
        self.bytes = bytes
        self.terms = terms
    }
}

/// The settings of a whole training.
public struct TrainingSettings: Sendable {
    /// All that is random follows from it.
    public var seed: UInt64 = 1
    /// Tasks side by side, 1 or 2; the result is the same.
    public var threads = 2
    /// How word vectors are learned.
    public var vectors = WordVectors.Settings()
    /// Runs of word vectors, side by side.
    public var vectorRuns = 2
    /// A word without label or lexicon must be seen so often to have a row.
    public var leastWords: Int32 = 4
    /// A pair must be seen so often in labelled texts.
    public var leastOthers: Int32 = 3
    /// A piece must be in so many words.
    public var leastPieces = 6
    /// Folds of cross-validation.
    public var folds = 4
    /// How heads are trained.
    public var plans: [Head: HeadPlan]
    /// Most rows of the model: a table of 131,072 slots is then little more than half full, so that looking for what is
    /// not there ends soon.
    public var rowLimit = 72_000

    /// The standard plan.
    public init() {
        plans = Dictionary(uniqueKeysWithValues: Head.allCases.map { ($0, HeadPlan.standard(for: $0)) })
    }
}
