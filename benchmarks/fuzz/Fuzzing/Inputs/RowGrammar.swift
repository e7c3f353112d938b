import Synthesis

/// CSV files, and mappings of their columns.
enum RowGrammar {
    /// Words of CSV, for the mutator.
    static let dictionary: [[UInt8]] = [
        ",", "\"", "\"\"", "\n", "\r\n", "\r", "\",\"", "\"\n", "id", "text", "author_handle", "published_at",
        "2024-02-29T23:59:60Z", "Wed Oct 10 20:19:24 +0000 2018", "29-02-2023 10.11", "3.0", "5.7E+17", "-1", ";", "\t",
    ].map { Array($0.utf8) }

    /// Words of mappings.
    static let mappingDictionary: [[UInt8]] = [
        "=", ",", "(", ")", "'", "''", "\"", "\"\"", "hash(", "concat(", "first(", "integer(", "date(", "id=", "text=",
        "author_id=", "counts.likes=", "author.followers=", "published_at=", "yyyy", "MM", "MMM", "dd", "HH", "mm",
        "ss",
        "SSS", "Z", "EEE", "y", "'yyyy-MM-dd'", "'T'", " ", "\u{a0}", "\u{301}",
    ].map { Array($0.utf8) }

    /// The columns of every file that the grammar makes, in this order.
    static let columns = ["nr", "a text", "who", "when", "stars", "brand"]

    /// A pattern of dates and a date of that pattern.
    static func date(_ random: inout SeededRandom) -> (pattern: String, text: String) {
        random.pick([
            ("dd-MM-yyyy HH.mm", "29-02-2024 7.05"), ("yyyy-MM-dd''HH:mm:ss.SSSZ", "2024-01-0211:12:13.5+0200"),
            ("EEE, d MMM yyyy", "Fri, 1 mar 2019"), ("yyyyMMdd", "20011231"), ("M/d/yyyy", "1/2/2003"),
            ("yyyy-MM-dd'T'HH:mm:ssX", "2012-06-30T23:59:60Z"),
        ])
    }

    /// Assignments that fit ``columns``.
    static func mapping(pattern: String, _ random: inout SeededRandom) -> String {
        let id = random.pick(["nr", "hash(nr,\"a text\")", "first(nr, hash(who,when))", "concat('x-',nr)"])
        let text = random.pick(["\"a text\"", "a text", "concat(\"a text\",' (',stars,')')"])
        var all =
            "id=\(id),source='review',text=\(text),author_handle=who,published_at=date(when,'\(pattern.replacing("'", with: "''"))')"
        if random.below(2) == 0 { all += ", counts.likes = integer(stars)" }
        if random.once(in: 4) { all += ",lang='en'" }
        return all
    }

    /// A file with ``columns``; `rows` of them.
    static func file(rows: Int, date: String, _ random: inout SeededRandom) -> [UInt8] {
        let end: [UInt8] = random.below(2) == 0 ? [0x0A] : [0x0D, 0x0A]
        var bytes: [UInt8] = random.once(in: 8) ? [0xEF, 0xBB, 0xBF] : []
        bytes += Array(columns.joined(separator: ",").utf8) + end
        for index in 0..<rows {
            let values = [
                "\(index + 1)", "<" + TextGrammar.scalars(0...60, &random) + ">",
                "u" + TextGrammar.name(1...10, &random), date,
                random.pick(["3.0", "5", "0"]), random.pick(["Acme", ""]),
            ]
            for (column, value) in values.enumerated() {
                if column > 0 { bytes.append(0x2C) }
                append(value, &bytes, &random)
            }
            if index + 1 < rows || random.below(2) == 0 { bytes += end }
        }
        return bytes
    }

    private static func append(_ value: String, _ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let needsQuotes = value.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        guard needsQuotes || random.once(in: 4) else { return bytes.append(contentsOf: value.utf8) }
        bytes.append(0x22)
        for byte in value.utf8 {
            if byte == 0x22 { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }
}
