import BrandMatching

/// The rules of the matcher in the plainest form: each term at each place of the text.
enum NaiveMatcher {
    static func match(_ brands: [BrandDefinition], _ text: String) -> [Int32] {
        brands.filter { brand in
            let handles = brand.handles.map { $0.drop { $0 == "@" || $0.isWhitespace } }.filter { !$0.isEmpty }
            let terms = [brand.name] + brand.aliases + handles.map { "@" + $0 }
            return terms.contains { occurs($0, in: text) } && !brand.excluded.contains { occurs($0, in: text) }
        }
        .map(\.number).sorted()
    }

    private static func occurs(_ term: String, in text: String) -> Bool {
        var pattern = plain(term)
        while pattern.first == " " { pattern.removeFirst() }
        while pattern.last == " " { pattern.removeLast() }
        let text = plain(text)
        guard let first = pattern.first, let last = pattern.last, pattern.count <= text.count else { return false }
        for start in 0...text.count - pattern.count where Array(text[start..<start + pattern.count]) == pattern {
            let end = start + pattern.count
            let touchedLeft = start > 0 && isWord(text[start - 1]) && !isHan(first)
            let touchedRight = end < text.count && isWord(text[end]) && !isHan(last)
            if !touchedLeft && !touchedRight { return true }
        }
        return false
    }

    /// Lower case, one space for each run of white space, plain apostrophes, nothing invisible.
    private static func plain(_ text: String) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        for scalar in text.lowercased().unicodeScalars where scalar.value != 0x200B {
            if scalar.properties.isWhitespace {
                if result.last != " " { result.append(" ") }
            } else {
                result.append(scalar == "’" ? "'" : scalar)
            }
        }
        return result
    }

    private static func isHan(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isIdeographic }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        !isHan(scalar) && (scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar))
    }
}
