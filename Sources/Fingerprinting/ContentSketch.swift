/// The producer's partition key for a normalised text: the two words that are least by a fixed hash.
///
/// A min-hash (Broder 1997) of two: it does not depend on the order of the words, and stays unless one of the two
/// goes or a lesser one comes. One word alone would survive more edits, but a frequent word with a small hash would
/// draw a large share of all mentions into its partition; of pairs, the most frequent is rare. Words of at most three
/// bytes and the most frequent English ones count a sixteenth, so that they seldom decide.
///
/// A long text holds most words of its language, so its two least words are those of every other long text. From
/// ``longText`` words on the least run of six words decides instead: runs of three are still phrases that everybody
/// uses, and an edit of a word changes six runs among all.
enum ContentSketch {
    /// From how many words on a text counts as long.
    static let longText = 64

    /// The key of a normalised text; nil where it has no word.
    static func key(_ text: Span<UInt8>) -> UInt64? {
        var pair = LeastPair()
        var index = 0
        var word = WordKey()
        var wordStart = -1
        let count = text.count
        while index < count {
            let byte = text[index]
            var length = 1
            var kind = ScalarClass.word
            if byte >= 0x80 {
                let decoded = ScalarDecoder.decode(text, at: index)
                length = decoded.length
                kind = ScalarClass.of(decoded.value)
                if kind == .unsegmented {
                    if wordStart >= 0 {
                        word.finish()
                        pair.take(word, isMinor: index - wordStart <= 3)
                        wordStart = -1
                    }
                    var single = WordKey()
                    single.append(scalar: decoded.value)
                    single.finish()
                    // Hiragana is mostly grammar.
                    pair.take(single, isMinor: (0x3040...0x309F).contains(decoded.value))
                    index += length
                    continue
                }
            } else if byte &- 0x61 >= 26 && byte &- 0x30 >= 10 && byte != 0x5F && byte != 0x27 {
                kind = .other
            }
            if kind == .word {
                if wordStart < 0 {
                    word = WordKey()
                    wordStart = index
                }
                word.append(byte)
                for offset in 1..<max(1, length) { word.append(text[index + offset]) }
            } else if wordStart >= 0 {
                word.finish()
                pair.take(word, isMinor: index - wordStart <= 3)
                wordStart = -1
            }
            index += length
        }
        if wordStart >= 0 {
            word.finish()
            pair.take(word, isMinor: count - wordStart <= 3)
        }
        return pair.key
    }

    /// A word's fixed hash.
    static func hash(_ word: WordKey) -> UInt64 { word.mixed(salt: 0x6D65_6E74_696F_6E73) }
}

/// The two least words so far, by rank, and the least run of six.
private struct LeastPair {
    private var least = UInt64.max
    private var leastHash: UInt64 = 0
    private var second = UInt64.max
    private var secondHash: UInt64 = 0
    private var words = 0
    /// The hashes of the last words, and of the run of them: a cyclic polynomial (Cohen 1997), turned by 11 bits a word.
    private var last = InlineArray<6, UInt64>(repeating: 0)
    private var run: UInt64 = 0
    private var leastRun = UInt64.max

    @inline(__always)
    mutating func take(_ word: WordKey, isMinor: Bool) {
        let hash = ContentSketch.hash(word)
        let place = words % 6
        let leaving = last[place]
        last[place] = hash
        // 6 × 11 = 66 bits are a turn by 2.
        run = (run << 11 | run >> 53) ^ hash ^ (leaving << 2 | leaving >> 62)
        words &+= 1
        if words >= 6 {
            let mixed = run &* 0x9E37_79B1_85EB_CA87
            leastRun = min(leastRun, mixed ^ mixed >> 32)
        }
        // A sixteenth of the hash's range for words that carry content: dividing keeps the order among them.
        let light = hash >> 4
        if light >= second { return }
        let rank = isMinor || FrequentWords.contains(hash) ? hash : light
        if rank >= second || rank == least { return }
        if rank < least {
            (second, secondHash) = (least, leastHash)
            (least, leastHash) = (rank, hash)
        } else {
            (second, secondHash) = (rank, hash)
        }
    }

    /// Nil without a word.
    var key: UInt64? {
        guard words > 0 else { return nil }
        if words >= ContentSketch.longText { return leastRun &* 0xC2B2_AE3D_27D4_EB4F }
        // 0 for a text with one distinct word.
        let partner = second == .max ? 0 : secondHash
        var key = leastHash &* 0x9E37_79B1_85EB_CA87 ^ partner
        key = (key ^ key >> 29) &* 0xC2B2_AE3D_27D4_EB4F
        return key ^ key >> 32
    }
}

/// Frequent English words of four letters and more (shorter ones are light anyway).
/// By their hashes, in an open-addressing table at a quarter full.
private enum FrequentWords {
    static func contains(_ hash: UInt64) -> Bool {
        let slots = table.span
        var index = Int(truncatingIfNeeded: hash) & (slotCount - 1)
        while slots[index] != 0 {
            if slots[index] == hash { return true }
            index = (index + 1) & (slotCount - 1)
        }
        return false
    }

    private static let slotCount = 512

    private static let table: [UInt64] = {
        var slots = [UInt64](repeating: 0, count: slotCount)
        for word in words.split(separator: " ") {
            let hash = ContentSketch.hash(WordKey(String(word)))
            var index = Int(truncatingIfNeeded: hash) & (slotCount - 1)
            while slots[index] != 0 { index = (index + 1) & (slotCount - 1) }
            slots[index] = hash
        }
        return slots
    }()

    private static let words =
        """
        about after again always around because been before being came come could didn't does doesn't doing don't \
        down even ever every everyone from getting give going gonna good great have having here i'll i've into isn't \
        just know last like look love made make many maybe more most much need never next night only other over \
        people please really said same should since some something still take tell than thank thanks that that's \
        their them then there these they thing things think this those time today tomorrow very wait want wanna week \
        well went were what what's when where which while will with without won't work would year years you're your
        """
}
