internal import Classification

/// What is known of words besides how often they stand in labelled texts: vectors, pieces, classes. A head learns
/// weights for all of these, which then fold into one row a word.
public struct WordKnowledge: Sendable {
    /// The vocabulary that all ids are of.
    public let vocabulary: Vocabulary
    /// Vectors by word, from one or more runs.
    public let vectors: [WordVectors]
    /// Keys of pieces by id.
    public let pieceKeys: [UInt64]
    /// Where a word's pieces begin in ``pieces``.
    let pieceStarts: [Int32]
    /// Pieces of all words, as ids.
    let pieces: [Int32]
    /// What a word's pieces are multiplied by: 1 / √(number of its pieces).
    let pieceFactors: [Float]
    /// Classes of words, as bits.
    let classes: [UInt8]
    /// How many classes there are.
    static let classCount = EmotionWords.classes.count

    /// Gathers what is known; a piece is kept when at least `pieceLeast` words have it.
    public init(vocabulary: Vocabulary, vectors: [WordVectors], pieceLeast: Int) {
        self.vocabulary = vocabulary
        self.vectors = vectors
        var counts: [UInt64: Int] = [:]
        for (id, spelling) in vocabulary.spellings.enumerated() where vocabulary.isWord[id] {
            FeatureKeys.forEachPiece(of: spelling.span) { counts[$0, default: 0] += 1 }
        }
        pieceKeys = counts.filter { $0.value >= pieceLeast }.keys.sorted()
        let ids = Dictionary(uniqueKeysWithValues: pieceKeys.enumerated().map { ($1, Int32($0)) })
        var starts: [Int32] = [0]
        var all: [Int32] = []
        var factors: [Float] = []
        for (id, spelling) in vocabulary.spellings.enumerated() {
            if vocabulary.isWord[id] {
                FeatureKeys.forEachPiece(of: spelling.span) { key in
                    if let piece = ids[key] { all.append(piece) }
                }
            }
            starts.append(Int32(all.count))
            factors.append(1 / Float(max(1, FeatureKeys.pieceCount(spelling.count))).squareRoot())
        }
        pieceStarts = starts
        pieces = all
        pieceFactors = factors
        let listed = EmotionWords.byWord
        classes = vocabulary.spellings.map { listed[$0] ?? 0 }
    }
}
