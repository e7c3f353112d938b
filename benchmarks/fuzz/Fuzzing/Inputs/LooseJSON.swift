import Synthesis

/// Writes JSON in all the ways in which the same value may be written.
struct LooseJSON {
    /// The document so far.
    private(set) var bytes: [UInt8] = []
    /// Writes white space, escapes that nobody needs and the like; else the shortest form.
    let isLoose: Bool

    init(isLoose: Bool) { self.isLoose = isLoose }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func space(_ random: inout SeededRandom) {
        guard isLoose, random.once(in: 6) else { return }
        for _ in 0...random.below(3) { bytes.append(random.pick([0x20, 0x0A, 0x0D, 0x09])) }
    }

    /// A string in quotes, each character in one of its forms.
    mutating func string(_ text: String, _ random: inout SeededRandom) {
        let escapesMuch = isLoose && random.once(in: 8)
        bytes.append(0x22)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where random.below(2) == 0: raw("\\n")
            case "\t" where random.below(2) == 0: raw("\\t")
            case "\"": raw(random.below(8) > 0 ? "\\\"" : "\\u0022")
            case "\\": raw(random.below(8) > 0 ? "\\\\" : "\\u005C")
            case "/" where isLoose && random.below(2) == 0: raw("\\/")
            case "\u{0}"..<"\u{20}": escape(scalar.value, &random)
            default:
                guard isLoose, random.once(in: escapesMuch ? 2 : 40) else {
                    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                    continue
                }
                if scalar.value < 0x10000 {
                    escape(scalar.value, &random)
                } else {
                    escape(0xD800 + (scalar.value - 0x10000) >> 10, &random)
                    escape(0xDC00 + (scalar.value - 0x10000) & 0x3FF, &random)
                }
            }
        }
        bytes.append(0x22)
    }

    private mutating func escape(_ unit: UInt32, _ random: inout SeededRandom) {
        let digits = String(unit, radix: 16, uppercase: random.below(2) == 0)
        raw("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }

    /// An object with members in this order; the values are written by the bodies.
    mutating func object(
        _ members: [(key: String, value: (inout LooseJSON, inout SeededRandom) -> Void)],
        _ random: inout SeededRandom
    ) {
        bytes.append(0x7B)
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            space(&random)
            string(member.key, &random)
            space(&random)
            bytes.append(0x3A)
            space(&random)
            member.value(&self, &random)
            space(&random)
        }
        if members.isEmpty { space(&random) }
        bytes.append(0x7D)
    }

    /// A whole number from 0, in one of its forms.
    mutating func count(_ value: Int64, _ random: inout SeededRandom) {
        switch isLoose ? random.below(8) : 7 {
        case 0: raw("\(value).0")
        case 1: raw("\(value).000e0")
        case 2 where value > 0: raw("\(value)0e-1")
        case 3 where value % 10 == 0 && value > 0: raw("\(value / 10)E+1")
        case 4 where value == 0: raw("-0")
        default: raw("\(value)")
        }
    }

    /// A value that means nothing, without U+0000.
    mutating func anything(_ random: inout SeededRandom, depth: Int = 0) {
        switch random.below(depth > 6 ? 6 : 9) {
        case 0: raw("null")
        case 1: raw(random.below(2) == 0 ? "true" : "false")
        case 2: raw(random.pick(["0", "-1", "12.5", "1e400", "99999999999999999999", "-0.0e-0"]))
        case 3...5: string(TextGrammar.scalars(0...8, &random), &random)
        case 6:
            bytes.append(0x5B)
            for index in 0..<random.below(3) {
                if index > 0 { bytes.append(0x2C) }
                anything(&random, depth: depth + 1)
            }
            bytes.append(0x5D)
        default:
            let keys = ["id", "text", "a", "", "nul\u{1}"]
            object(
                (0..<random.below(3)).map { _ in
                    (random.pick(keys), { json, random in json.anything(&random, depth: depth + 1) })
                },
                &random
            )
        }
    }
}
