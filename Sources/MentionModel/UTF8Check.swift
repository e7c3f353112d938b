/// Well-formedness of UTF-8 as The Unicode Standard defines it (table 3-7): no overlong forms, no surrogates, nothing
/// above U+10FFFF.
enum UTF8Check {
    /// The index of the first byte of the first ill-formed sequence in `start..<end`; nil when there is none. O(n).
    static func firstFault(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        let raw = UnsafeRawPointer(base)
        var index = start
        while index < end {
            if index + 8 <= end {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            let lead = base[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            // The range of the second byte is what excludes overlong forms, surrogates and the far end.
            var least: UInt8 = 0x80
            var greatest: UInt8 = 0xBF
            let length: Int
            switch lead {
            case 0xC2...0xDF: length = 2
            case 0xE0...0xEF:
                length = 3
                if lead == 0xE0 { least = 0xA0 }
                if lead == 0xED { greatest = 0x9F }
            case 0xF0...0xF4:
                length = 4
                if lead == 0xF0 { least = 0x90 }
                if lead == 0xF4 { greatest = 0x8F }
            default: return index
            }
            guard index + length <= end, base[index + 1] >= least, base[index + 1] <= greatest else { return index }
            var next = index + 2
            while next < index + length {
                guard base[next] & 0xC0 == 0x80 else { return index }
                next += 1
            }
            index += length
        }
        return nil
    }
}
