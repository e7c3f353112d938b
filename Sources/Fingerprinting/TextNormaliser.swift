/// Normalises a text for comparison, in two passes over one buffer: first case, white space and invisible characters,
/// then (only where a byte of the first pass hints at them) handles, links and repost marks.
enum TextNormaliser {
    /// Writes the normalised text to the front of `buffer`, which grows to `text.count` bytes at most once per size,
    /// and returns its length. The output is never longer than the text.
    /// `isQuick` is for tests: whether eight bytes may go at once, which must make no difference but in speed.
    static func normalise(_ text: Span<UInt8>, buffer: inout [UInt8], isQuick: Bool = true) -> Int {
        if buffer.count < text.count {
            buffer.append(contentsOf: repeatElement(0, count: text.count - buffer.count))
        }
        let folded = fold(text, into: &buffer, isQuick)
        return folded.hasMarks ? dropMarks(from: &buffer, count: folded.count, isQuick) : folded.count
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The high bit of each byte of `word` that equals `byte`; no byte of either is above 0x7F.
    @inline(__always)
    private static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        ~((word ^ ones &* UInt64(byte)) &+ ones &* 0x7F) & (ones &* 0x80)
    }

    /// Eight ASCII bytes in small letters, and whether one hints at a handle, link or repost mark; nil where these eight
    /// don't simply stay as they are but for their case: white space other than single spaces, or bytes beyond ASCII.
    @inline(__always)
    private static func folded(_ word: UInt64, after previous: UInt8) -> (word: UInt64, hasMark: Bool)? {
        let high = ones &* 0x80
        guard word & high == 0 else { return nil }
        // No sum carries over, since no byte is above 0x7F.
        let controls = (word &+ ones &* 0x77) & ~(word &+ ones &* 0x72)
        let spaces = equal(word, 0x20)
        guard (controls & high) | spaces & (spaces << 8 | (previous == 0x20 ? 0x80 : 0)) == 0 else { return nil }
        let capitals = (word &+ ones &* 0x3F) & ~(word &+ ones &* 0x25) & high
        let small = word | capitals >> 2
        let afterW = equal(small, 0x77) << 8 | (previous == 0x77 ? 0x80 : 0)
        let marks = equal(word, 0x40) | equal(word, 0x2F) | equal(word, 0x3A) | equal(word, 0x2E) & afterW
        return (small, marks != 0)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
    }

    // MARK: - Case, white space, invisible characters

    /// For each ASCII byte its folded form (a space for white space), plus ``mark`` or ``dot``.
    private static let ascii: [UInt16] = (0..<128).map { (byte: UInt16) in
        switch byte {
        case 0x09...0x0D, 0x20: 0x20
        case 0x41...0x5A: byte | 0x20
        case 0x40, 0x2F, 0x3A: byte | mark
        case 0x2E: byte | dot
        default: byte
        }
    }
    /// Set for `@`, `/` and `:`, without which there is no handle, link or repost mark but one with `www.`.
    private static let mark: UInt16 = 0x100
    /// Set for `.`, which counts as a mark after a `w`.
    private static let dot: UInt16 = 0x200

    private static func fold(
        _ text: Span<UInt8>,
        into buffer: inout [UInt8],
        _ isQuick: Bool
    ) -> (count: Int, hasMarks: Bool) {
        let table = ascii.span
        var output = buffer.mutableSpan
        var read = 0
        var write = 0
        // At the beginning, as after a space, a space is not written: the loop below has no branch for it, since
        // where words end can't be predicted and a wrong guess costs as much as ten bytes.
        var previous: UInt8 = 0x20
        var marks: UInt16 = 0
        let count = text.count
        // How many bytes go one by one before eight are tried again.
        var slow = isQuick ? 0 : Int.max
        while read < count {
            if slow <= 0 {
                // Eight bytes at once: most need nothing but their case.
                guard count - read >= 8 else {
                    slow = .max
                    continue
                }
                let word = UInt64(littleEndian: text.bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt64.self))
                guard let (small, hasMark) = folded(word, after: previous) else {
                    slow = 8
                    continue
                }
                var room = output.mutableBytes
                // What is written never overtakes what is read, so that there is room for eight.
                room.storeBytes(of: small.littleEndian, toByteOffset: write, as: UInt64.self)
                if hasMark { marks |= mark }
                read &+= 8
                write &+= 8
                previous = UInt8(truncatingIfNeeded: small >> 56)
                continue
            }
            slow &-= 1
            let byte = text[read]
            if byte >= 0x80 {
                let decoded = ScalarDecoder.decode(text, at: read)
                read += decoded.length
                switch ScalarClass.of(decoded.value) {
                case .space:
                    if previous != 0x20 {
                        output[write] = 0x20
                        write += 1
                    }
                    previous = 0x20
                case .ignorable:
                    break
                default:
                    previous = byte
                    if decoded.value == ScalarDecoder.invalid {
                        output[write] = byte
                        write += 1
                    } else {
                        let folded = CaseFolding.fold(decoded.value)
                        write = put(folded, at: write, into: &output)
                        if folded < 0x80 { previous = UInt8(truncatingIfNeeded: folded) }
                    }
                }
                continue
            }
            read += 1
            let entry = table[Int(byte)]
            let folded = UInt8(truncatingIfNeeded: entry)
            marks |= entry
            if entry & dot != 0, previous == 0x77 { marks |= mark }
            output[write] = folded
            write += (folded ^ 0x20) | (previous ^ 0x20) == 0 ? 0 : 1
            previous = folded
        }
        if write > 0, previous == 0x20 { write -= 1 }
        return (write, marks & mark != 0)
    }

    @inline(__always)
    private static func put(_ scalar: UInt32, at index: Int, into output: inout MutableSpan<UInt8>) -> Int {
        switch scalar {
        case 0..<0x80:
            output[index] = UInt8(truncatingIfNeeded: scalar)
            return index + 1
        case 0x80..<0x800:
            output[index] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            output[index + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            return index + 2
        case 0x800..<0x10000:
            output[index] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            output[index + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
            output[index + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            return index + 3
        default:
            output[index] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            output[index + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F)
            output[index + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
            output[index + 3] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
            return index + 4
        }
    }

    // MARK: - Handles, links, repost marks

    /// Compacts the folded text in place. Only the byte that gives a mark away is looked for (the `@`, the `:` of
    /// `http://`, the `.` of `www.`, the `/` of `t.co/`); what belongs to the mark before it is taken back from the
    /// output. What is dropped leaves a space, so that no new mark can arise from what stood left and right of it:
    /// normalising twice gives the same.
    private static func dropMarks(from buffer: inout [UInt8], count: Int, _ isQuick: Bool) -> Int {
        var output = buffer.mutableSpan
        var read = 0
        var write = 0
        var slow = isQuick ? 0 : Int.max
        while read < count {
            if slow <= 0 {
                // Eight bytes at once that can't give a mark away.
                guard count - read >= 8 else {
                    slow = .max
                    continue
                }
                var room = output.mutableBytes
                let word = UInt64(littleEndian: room.bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt64.self))
                let plain = word & (ones &* 0x7F)
                // A byte beyond ASCII may look like one: then they go one by one for nothing.
                guard equal(plain, 0x40) | equal(plain, 0x3A) | equal(plain, 0x2E) | equal(plain, 0x2F) == 0 else {
                    slow = 8
                    continue
                }
                room.storeBytes(of: word.littleEndian, toByteOffset: write, as: UInt64.self)
                read &+= 8
                write &+= 8
                continue
            }
            slow &-= 1
            let byte = output[read]
            if byte == 0x40 || byte == 0x3A || byte == 0x2E || byte == 0x2F {
                let mark = mark(byte, in: output, read: read, write: write, count: count)
                if mark.ahead > 0 {
                    read += mark.ahead
                    write -= mark.behind
                    if write > 0, output[write - 1] != 0x20 {
                        output[write] = 0x20
                        write += 1
                    }
                    if read < count, output[read] == 0x20 { read += 1 }
                    continue
                }
            }
            output[write] = byte
            write += 1
            read += 1
        }
        if write > 0, output[write - 1] == 0x20 { write -= 1 }
        return write
    }

    /// How many bytes a handle, link or repost mark takes from `read` on (0 where there is none), and how many that
    /// are already written belong to it.
    private static func mark(
        _ byte: UInt8,
        in text: borrowing MutableSpan<UInt8>,
        read: Int,
        write: Int,
        count: Int
    ) -> (ahead: Int, behind: Int) {
        var behind = 0
        switch byte {
        case 0x40:
            guard write == 0 || !isWordByte(text[write - 1]) else { return (0, 0) }
            let length = handleLength(in: text, at: read, count: count)
            guard length > 0 else { return (0, 0) }
            if ends(with: "rt ", text, write) || ends(with: "mt ", text, write) {
                behind = 3
            } else if ends(with: "via ", text, write) {
                behind = 4
            }
            return (length, behind)
        case 0x3A:
            if write == 2, ends(with: "rt", text, write) || ends(with: "mt", text, write) { return (1, 2) }
            guard matches("://", in: text, at: read, count: count) else { return (0, 0) }
            behind = ends(with: "https", text, write) ? 5 : ends(with: "http", text, write) ? 4 : 0
        case 0x2E:
            behind = ends(with: "www", text, write) ? 3 : 0
        default:
            behind = ends(with: "t.co", text, write) ? 4 : ends(with: "pic.twitter.com", text, write) ? 15 : 0
        }
        return behind == 0 ? (0, 0) : (linkLength(in: text, at: read, count: count), behind)
    }

    /// Whether the first `count` bytes end with a word that no other word byte touches on its left.
    private static func ends(with word: StaticString, _ text: borrowing MutableSpan<UInt8>, _ count: Int) -> Bool {
        let start = count - word.utf8CodeUnitCount
        guard start >= 0, start == 0 || !isWordByte(text[start - 1]) else { return false }
        return matches(word, in: text, at: start, count: count)
    }

    /// `@name`, `@name@host.example` and `@name.bsky.social`, with one colon after it; 0 for an `@` without a name.
    /// Other names with dots end at the dot: "@name.Thanks" must not lose its word.
    private static func handleLength(in text: borrowing MutableSpan<UInt8>, at start: Int, count: Int) -> Int {
        var index = start + 1
        while index < count, isWordByte(text[index]) { index += 1 }
        guard index > start + 1 else { return 0 }
        if index + 1 < count, text[index] == 0x40, isWordByte(text[index + 1]) {
            index += 1
            while index < count, isHostByte(text, at: index, count: count) { index += 1 }
        } else if matches(".bsky.social", in: text, at: index, count: count) {
            index += 12
        }
        if index < count, text[index] == 0x3A { index += 1 }
        return index - start
    }

    /// A word byte, or a dot or hyphen that a word byte follows.
    private static func isHostByte(_ text: borrowing MutableSpan<UInt8>, at index: Int, count: Int) -> Bool {
        if isWordByte(text[index]) { return true }
        guard text[index] == 0x2E || text[index] == 0x2D, index + 1 < count else { return false }
        return isWordByte(text[index + 1])
    }

    /// Up to white space or the first byte that isn't ASCII: scripts without spaces go on right after a link.
    private static func linkLength(in text: borrowing MutableSpan<UInt8>, at start: Int, count: Int) -> Int {
        var index = start
        while index < count, text[index] != 0x20, text[index] < 0x80 { index += 1 }
        return index - start
    }

    private static func matches(
        _ word: StaticString,
        in text: borrowing MutableSpan<UInt8>,
        at index: Int,
        count: Int
    ) -> Bool {
        guard word.utf8CodeUnitCount <= count - index else { return false }
        return word.withUTF8Buffer { bytes in
            for offset in bytes.indices where text[index + offset] != bytes[offset] { return false }
            return true
        }
    }
}
