/// The words in which two texts differ, for people to read.
public enum TextDifference {
    /// So many words of each text are looked at; what is behind them is shown as "…".
    public static let mostWords = 400
    /// A word is shown up to so many characters.
    public static let mostLetters = 80

    /// One word of what is shown.
    public struct Part: Sendable, Equatable {
        /// Where the word stands.
        public enum Kind: Sendable {
            /// In both texts.
            case equal
            /// In the first text alone.
            case missing
            /// In the second text alone.
            case new
            /// Words are left out here, which both texts have or which are behind those looked at.
            case gap
        }
        /// The word, cut after ``mostLetters``; "…" for a gap.
        public var word: String
        /// Where it stands.
        public var kind: Kind

        /// Makes a part.
        public init(word: String, kind: Kind) {
            self.word = word
            self.kind = kind
        }
    }

    /// The second text with what sets it apart from the first: `-word-` is missing in it, `+word+` is new.
    /// The same as ``parts(from:to:context:)``, in one text.
    public static func words(from one: String, to other: String, context: Int = 3) -> String {
        parts(from: one, to: other, context: context).map { part in
            switch part.kind {
            case .equal, .gap: part.word
            case .missing: "-\(part.word)-"
            case .new: "+\(part.word)+"
            }
        }.joined(separator: " ")
    }

    /// The second text with what sets it apart from the first, word by word.
    ///
    /// Words are what white space separates, compared as they are. Of a run of equal words only `context` on either
    /// side of a difference are shown, the others as a gap. Texts without a difference in their first ``mostWords`` words
    /// give nothing. At most mostWords² steps, whatever the texts.
    public static func parts(from one: String, to other: String, context: Int = 3) -> [Part] {
        let (left, leftIsCut) = split(one)
        let (right, rightIsCut) = split(other)
        var start = 0
        while start < left.count, start < right.count, left[start] == right[start] { start += 1 }
        var end = 0
        while end < left.count - start, end < right.count - start,
            left[left.count - 1 - end] == right[right.count - 1 - end]
        { end += 1 }
        var steps = left[..<start].map { Step(word: $0, kind: .equal) }
        steps += middle(left[start..<left.count - end], right[start..<right.count - end])
        steps += right[(right.count - end)...].map { Step(word: $0, kind: .equal) }
        guard steps.contains(where: { $0.kind != .equal }) else { return [] }
        return show(steps, min(max(context, 0), mostWords), isCut: leftIsCut || rightIsCut)
    }

    private struct Step {
        var word: Substring
        var kind: Part.Kind
    }

    private static func split(_ text: String) -> (words: [Substring], isCut: Bool) {
        var words: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { !$0.isWhitespace }) {
            rest = rest[start...]
            if words.count == mostWords { return (words, true) }
            let end = rest.firstIndex(where: \.isWhitespace) ?? rest.endIndex
            words.append(rest[..<end])
            rest = rest[end...]
        }
        return (words, false)
    }

    /// By the longest common subsequence.
    private static func middle(_ left: ArraySlice<Substring>, _ right: ArraySlice<Substring>) -> [Step] {
        let (left, right) = (Array(left), Array(right))
        // Numbers compare faster than words.
        var numbers: [Substring: Int] = [:]
        func number(_ word: Substring) -> Int {
            if let known = numbers[word] { return known }
            numbers[word] = numbers.count
            return numbers.count - 1
        }
        let (one, other) = (left.map(number), right.map(number))
        let width = right.count + 1
        var lengths = [Int](repeating: 0, count: (left.count + 1) * width)
        for i in left.indices.reversed() {
            for j in right.indices.reversed() {
                lengths[i * width + j] =
                    one[i] == other[j]
                    ? lengths[(i + 1) * width + j + 1] + 1
                    : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
            }
        }
        var steps: [Step] = []
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if i < left.count, j < right.count, one[i] == other[j] {
                steps.append(Step(word: right[j], kind: .equal))
                i += 1
                j += 1
            } else if i < left.count, j == right.count || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
                steps.append(Step(word: left[i], kind: .missing))
                i += 1
            } else {
                steps.append(Step(word: right[j], kind: .new))
                j += 1
            }
        }
        return steps
    }

    private static func show(_ steps: [Step], _ context: Int, isCut: Bool) -> [Part] {
        var isShown = [Bool](repeating: false, count: steps.count)
        for index in steps.indices where steps[index].kind != .equal {
            for near in max(0, index - context)...min(steps.count - 1, index + context) { isShown[near] = true }
        }
        let gap = Part(word: "…", kind: .gap)
        var parts: [Part] = []
        for (index, step) in steps.enumerated() {
            guard isShown[index] else {
                if parts.last != gap { parts.append(gap) }
                continue
            }
            var word = String(step.word.prefix(mostLetters))
            if !step.word.dropFirst(mostLetters).isEmpty { word += "…" }
            parts.append(Part(word: word, kind: step.kind))
        }
        if isCut, parts.last != gap { parts.append(gap) }
        return parts
    }
}
