import Copies
import Testing

@Suite struct TextDifferenceTests {
    @Test(arguments: [
        ("the flight was late", "the flight was late", ""),
        ("", "", ""),
        ("", "new", "+new+"),
        ("the flight was late", "the flight was very late", "the flight was +very+ late"),
        ("the flight was late", "the flight late", "the flight -was- late"),
        ("price is 10 dollars", "price is 12 dollars", "price is -10- +12+ dollars"),
        ("a b c d e f g h i", "a b c d X f g h i", "… b c d -e- +X+ f g h …"),
        ("a  b\nc", " a b c ", ""),
    ])
    func marksWords(_ one: String, _ other: String, _ expected: String) {
        #expect(TextDifference.words(from: one, to: other) == expected)
    }

    @Test func partsSayWhereAWordStands() {
        let parts = TextDifference.parts(from: "a b c d e +f+ g", to: "a b c d e h g", context: 1)
        #expect(parts.map(\.word) == ["…", "e", "+f+", "h", "g"])
        #expect(parts.map(\.kind) == [.gap, .equal, .missing, .new, .equal])
        #expect(TextDifference.parts(from: "a b", to: " a  b").isEmpty)
    }

    @Test func similarityIsThatOfAnIndex() {
        let text = "The northern flight was delayed again and nobody at the gate could say when it would leave"
        #expect(TextSimilarity.jaccard(text, text.uppercased() + " https://example.com/1") == 10_000)
        let other = text.replacing("gate", with: "gates")
        let one = Set(text.lowercased().indices.dropLast(4).map { text.lowercased()[$0...].prefix(5) })
        let two = Set(other.lowercased().indices.dropLast(4).map { other.lowercased()[$0...].prefix(5) })
        let expected = one.intersection(two).count * 10_000 / one.union(two).count
        #expect(TextSimilarity.jaccard(text, other) == expected)
        #expect(TextSimilarity.jaccard(text, "thanks") == nil)
        #expect(TextSimilarity.jaccard("", "") == nil)
    }

    @Test func contextIsChosen() {
        #expect(TextDifference.words(from: "a b c", to: "a b d", context: 0) == "… -c- +d+")
        #expect(TextDifference.words(from: "a b c", to: "a b d", context: -1) == "… -c- +d+")
        #expect(TextDifference.words(from: "a b c", to: "a b d", context: .max) == "a b -c- +d+")
    }

    @Test func longTextsAreCut() {
        let long = (0..<5_000).map { "w\($0)" }.joined(separator: " ")
        let other = (0..<5_000).map { "x\($0)" }.joined(separator: " ")
        let shown = TextDifference.words(from: long, to: other)
        #expect(shown.hasSuffix("…"))
        #expect(shown.split(separator: " ").count == 2 * TextDifference.mostWords + 1)
        // What differs only behind the words that are looked at is not seen.
        #expect(TextDifference.words(from: long, to: long + " end") == "")
        let word = String(repeating: "a", count: 65_536)
        let two = TextDifference.words(from: word, to: "b")
        #expect(two == "-" + String(repeating: "a", count: TextDifference.mostLetters) + "…- +b+")
    }
}
