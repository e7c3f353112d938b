/// Which features of a text moved which head, and by how much.
public struct Explanation: Sendable {
    /// One feature's share.
    public struct Part: Sendable {
        /// The feature: a word, `word + word`, `not … word`, pieces of an unknown word, a count, a phrase.
        public var feature: String
        /// What it adds, by lane, in logits.
        public var lanes: [Double]
    }

    /// The normalised tokens.
    public var tokens: [String]
    /// The features that the model has rows for, in the order of the text, then dense features and phrases.
    public var parts: [Part]
    /// What every text gets, by lane, in logits.
    public var biases: [Double]
    /// What the model says in the end.
    public var reading: Reading
}

extension TrainedClassifier {
    /// Explains what the model says of a text. Slow: for people.
    public func explain(_ text: Span<UInt8>) -> Explanation {
        var scratch = ClassifierScratch()
        let reading = read(text, scratch: &scratch).reading
        var parts = model.parts(of: scratch.text)
        let lane = Head.suggestion.lanes.lowerBound
        let sums = PhraseGrammar.shared.sums(scratch.text) { line, weight in
            var lanes = [Double](repeating: 0, count: Head.laneCount)
            if line.hasPrefix("suggestion ") {
                lanes[lane] = Double(weight) / Double(SuggestionScale.unit)
            }
            parts.append(Explanation.Part(feature: "phrase: " + line, lanes: lanes))
        }
        var biases = model.biases.map { Double($0) / 4096 }
        let whole = SuggestionScale.logit(ofSum: sums[.suggestion], tokens: scratch.text.tokens.count)
        biases[lane] += Double(whole) / 4096 - Double(sums[.suggestion]) / Double(SuggestionScale.unit)
        return Explanation(
            tokens: scratch.text.tokens.map { scratch.text.spelling(of: $0) },
            parts: parts,
            biases: biases,
            reading: reading
        )
    }
}

extension Model {
    /// The shares of rows and dense features.
    func parts(of text: TextScratch) -> [Explanation.Part] {
        let root = Double(FixedPoint.inverseRoots[min(text.tokens.count, TextReader.tokenLimit)]) / 32_768
        var parts: [Explanation.Part] = []
        func add(_ name: String, _ sums: LaneSums.Totals) {
            let lanes = (0..<Head.laneCount).map { Double(sums[$0]) * root * Double(scales[$0]) / Double(1 << 24) }
            parts.append(Explanation.Part(feature: name, lanes: lanes))
        }
        func add(_ name: String, _ key: UInt64) -> Bool {
            guard let row = table.row(for: key) else { return false }
            var sums = LaneSums()
            sums.add(row)
            add(name, sums.total())
            return true
        }
        var reach = 0
        var previous = (key: FeatureKeys.edge, name: "start")
        var starts = false
        for token in text.tokens {
            let name = text.spelling(of: token)
            if token.endsClause { reach = 0 }
            if !add(name, token.key), token.kind == .word {
                var sums = LaneSums()
                addPieces(of: token, in: text.spelling.span, to: &sums)
                add("pieces of " + name, sums.total())
            }
            _ = add(previous.name + " + " + name, FeatureKeys.pair(previous.key, token.key))
            if starts { _ = add("start + " + name, FeatureKeys.pair(FeatureKeys.edge, token.key)) }
            starts = token.startsSentence
            if reach > 0 {
                _ = add("not … " + name, FeatureKeys.negated(token.key))
                reach -= 1
            }
            if token.negates { reach = FeatureKeys.negationReach }
            previous = (token.key, name)
        }
        _ = add(previous.name + " + end", FeatureKeys.pair(previous.key, FeatureKeys.edge))
        let numbers = FeatureKeys.dense(text) { table.row(for: $0)?.valences ?? .none }
        for (feature, number) in numbers.enumerated() where number != 0 {
            let lanes = (0..<Head.laneCount).map { lane in
                Double(number) * Double(dense[feature * Head.laneCount + lane]) / Double(256 * 1024)
            }
            parts.append(Explanation.Part(feature: DenseFeatures.name(feature), lanes: lanes))
        }
        return parts
    }
}

extension DenseFeatures {
    /// What a dense feature counts, for people.
    static func name(_ feature: Int) -> String {
        let sums = ["good", "bad", "√good", "√bad", "last valued word", "balance"]
        if feature < 6 * lexicons { return "lexicon \(feature / 6 + 1): \(sums[feature % 6])" }
        let names = [
            "shouted words", "three shouted words", "stretched words", "any !", "number of !", "any ?", "number of ?",
            "any handle", "begins with a handle", "any link", "hashtags", "numbers", "long numbers", "ends in ?",
            "no words", "√length", "short", "long", "foreign letters", "handles",
        ]
        let place = feature - 6 * lexicons
        return names.indices.contains(place) ? names[place] : "feature \(feature)"
    }
}
