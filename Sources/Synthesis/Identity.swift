/// What a mention's id is made from. Ids are functions of it, unique by construction: truth needs no look-up table.
struct Identity: Sendable, Equatable {
    var source: Source
    /// The number of the record in the stream.
    var number: UInt64
    /// The record's nominal time, which never goes back.
    var milliseconds: Int64

    /// Appends the id, in the form that is usual on its source. None needs escaping in JSON.
    ///
    /// Unique for a source and a seed: snowflakes hold the time and the low bits of the number (validation allows at
    /// most 10,001 records a millisecond, fewer than 16 bits hold), random ids hold a bijection of the number, short
    /// ones grow with it.
    func append(to bytes: inout [UInt8], seed: UInt64) {
        let salt = SeededRandom.scramble(seed ^ 0x6D65_6E74_696F_6E73)
        let random = SeededRandom.scramble(number ^ salt)
        switch source {
        case .twitter:
            let time = UInt64(bitPattern: milliseconds - 1_288_834_974_657)
            bytes.append(decimal: (time << 22) | ((number ^ salt) & 0x3F_FFFF))
        case .mastodon:
            bytes.append(decimal: (UInt64(bitPattern: milliseconds) << 16) | ((number ^ salt) & 0xFFFF))
        case .bluesky:
            bytes.append(base32: random)
        case .forum:
            let low = SeededRandom.scramble(random)
            bytes.append(hexadecimal: random >> 32, digits: 8)
            bytes.append("-")
            bytes.append(hexadecimal: random >> 16, digits: 4)
            bytes.append("-4")
            bytes.append(hexadecimal: random >> 4, digits: 3)
            bytes.append("-a")
            bytes.append(hexadecimal: low >> 52, digits: 3)
            bytes.append("-")
            bytes.append(hexadecimal: random, digits: 1)
            bytes.append(hexadecimal: low, digits: 11)
        case .email:
            bytes.append("<")
            bytes.append(hexadecimal: random, digits: 16)
            bytes.append(".")
            bytes.append(decimal: number & 0x3FF)
            bytes.append("@mail.example>")
        case .blog:
            bytes.append("urn:post:")
            bytes.append(hexadecimal: random, digits: 16)
        case .reddit:
            bytes.append("t1_")
            bytes.append(base36: number &+ (salt & 0xFFF_FFFF))
        case .review:
            bytes.append(decimal: number &+ (salt & 0xFFF_FFFF))
        }
    }
}
