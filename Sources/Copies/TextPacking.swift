/// Packs folded ASCII texts, eight bytes into six.
///
/// Such a text holds letters, digits, the underscore and spaces alone: the low five bits of each and one bit for its column
/// of the table tell them apart. A word of eight is packed and unpacked at once.
enum TextPacking {
    /// What stands behind a text's end to the next word: its code is 0, which nothing in a text has.
    private static let end: UInt64 = 0x4040_4040_4040_4040
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Appends the packed front of `text`, all of it ASCII as ``ShingleText`` folds it. `room` is written over, and
    /// grows to the longest text.
    static func pack(_ text: [UInt8], _ count: Int, _ room: inout [UInt8], into output: inout [UInt8]) {
        let most = count + 16
        if room.count < most { room.append(contentsOf: repeatElement(0, count: most - room.count)) }
        let packed = pack(text.span.extracting(first: count), to: &room)
        output.append(contentsOf: room[..<packed])
    }

    /// Returns how many bytes were written.
    private static func pack(_ text: Span<UInt8>, to output: inout [UInt8]) -> Int {
        let bytes = text.bytes
        let count = text.count
        var out = output.mutableSpan
        var room = out.mutableBytes
        var read = 0
        var write = 0
        while count - read >= 8 {
            let word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt64.self))
            room.storeBytes(of: squeeze(word).littleEndian, toByteOffset: write, as: UInt64.self)
            read &+= 8
            write &+= 6
        }
        let left = count - read
        guard left > 0 else { return write }
        var word = end
        for place in 0..<left {
            let shift = UInt64(place * 8)
            word = word & ~(0xFF << shift) | UInt64(text[read + place]) << shift
        }
        room.storeBytes(of: squeeze(word).littleEndian, toByteOffset: write, as: UInt64.self)
        return write + (6 * left + 7) / 8
    }

    /// Eight bytes as 48 bits.
    @inline(__always)
    private static func squeeze(_ word: UInt64) -> UInt64 {
        let codes = word & (ones &* 0x1F) | (~word >> 1) & (ones &* 0x20)
        let pairs = codes & 0x003F_003F_003F_003F | (codes & 0x3F00_3F00_3F00_3F00) >> 2
        let fours = pairs & 0x0000_0FFF_0000_0FFF | (pairs & 0x0FFF_0000_0FFF_0000) >> 4
        return fours & 0x0000_0000_00FF_FFFF | (fours & 0x00FF_FFFF_0000_0000) >> 8
    }

    /// Replaces the front of `output` by the text that was packed, and returns its length, at most `output.count`.
    /// Any bytes whatever unpack to something.
    static func unpack(_ packed: Span<UInt8>, into output: inout [UInt8]) -> Int {
        let bytes = packed.bytes
        let count = packed.count
        var out = output.mutableSpan
        let room = out.count
        var read = 0
        var write = 0
        while read < count, write < room {
            var word: UInt64 = 0
            if count - read >= 8 {
                word = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: read, as: UInt64.self))
            } else {
                for place in 0..<min(6, count - read) { word |= UInt64(packed[read + place]) << UInt64(place * 8) }
            }
            read &+= 6
            let (text, length) = stretch(word)
            if length == 8, room - write >= 8 {
                var raw = out.mutableBytes
                raw.storeBytes(of: text.littleEndian, toByteOffset: write, as: UInt64.self)
                write &+= 8
                continue
            }
            for place in 0..<min(length, room - write) {
                out[write] = UInt8(truncatingIfNeeded: text >> UInt64(place * 8))
                write &+= 1
            }
            if length < 8 { break }
        }
        return write
    }

    /// 48 bits as eight bytes, and how many of these come before the end.
    @inline(__always)
    private static func stretch(_ packed: UInt64) -> (text: UInt64, length: Int) {
        let fours = packed & 0x0000_0000_00FF_FFFF | (packed & 0x0000_FFFF_FF00_0000) << 8
        let pairs = fours & 0x0000_0FFF_0000_0FFF | (fours & 0x00FF_F000_00FF_F000) << 4
        let codes = pairs & 0x003F_003F_003F_003F | (pairs & 0x0FC0_0FC0_0FC0_0FC0) << 2
        var text = codes & (ones &* 0x1F) | ones &* 0x20 | (~codes & (ones &* 0x20)) << 1
        // The underscore alone lies in a column that the letters do not fill.
        text ^= (~((text ^ (ones &* 0x7F)) &+ (ones &* 0x7F)) & (ones &* 0x80)) >> 2
        let ends = ~(codes &+ (ones &* 0x7F)) & (ones &* 0x80)
        return (text, ends == 0 ? 8 : ends.trailingZeroBitCount >> 3)
    }
}
