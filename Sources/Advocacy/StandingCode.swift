/// The days of one author and brand as bytes: what a row of `standing` carries, so that a change of one day needs no
/// reading of the others. Newest day first; per day a bit set of the fields that are not zero, and these as varints
/// (base 128, as in Protocol Buffers): a day of one mention takes 15 to 20 bytes. The same days give the same bytes.
public enum StandingCode {
    /// The bytes don't hold what they should.
    public struct Malformed: Error, Sendable, CustomStringConvertible {
        /// The place.
        public var offset: Int

        /// With the place.
        public var description: String { "the stored days of an author are malformed at byte \(offset)" }
    }

    private static let microsecondsADay: Int64 = 86_400_000_000

    /// Encodes days, whatever their order; those that hold nothing are left out. O(n log n).
    public static func encode(_ days: [StandingDay]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(days.count &* 20)
        var above: Int64 = 0
        var isFirst = true
        for day in days.sorted(by: { $0.day > $1.day }) where !day.isNothing {
            if isFirst {
                append(zigzag(Int64(day.day)), to: &bytes)
            } else {
                append(UInt64(bitPattern: above - Int64(day.day)), to: &bytes)
            }
            isFirst = false
            above = Int64(day.day)
            let fields = day.fields
            var mask: UInt64 = 0
            for index in fields.indices where fields[index] != 0 { mask |= 1 << UInt64(index) }
            append(mask, to: &bytes)
            for index in fields.indices where fields[index] != 0 {
                append(UInt64(bitPattern: fields[index]), to: &bytes)
            }
            guard day.mentions > 0 else { continue }
            append(UInt64(bitPattern: day.firstAt &- above &* microsecondsADay), to: &bytes)
            append(UInt64(bitPattern: day.lastAt &- day.firstAt), to: &bytes)
        }
        return bytes
    }

    /// Decodes what ``encode(_:)`` made: newest first. O(n).
    public static func decode(_ bytes: [UInt8]) throws(Malformed) -> [StandingDay] {
        var days: [StandingDay] = []
        var place = 0
        var above: Int64 = 0
        while place < bytes.count {
            let number = try take(bytes, &place)
            let (day, overflow) =
                days.isEmpty
                ? (unzigzag(number), false) : above.subtractingReportingOverflow(Int64(bitPattern: number))
            guard !overflow, let day32 = Int32(exactly: day) else { throw Malformed(offset: place) }
            above = day
            var one = StandingDay(day: day32)
            let mask = try take(bytes, &place)
            var fields = one.fields
            guard mask >> UInt64(fields.count) == 0 else { throw Malformed(offset: place) }
            for index in fields.indices where mask & (1 << UInt64(index)) != 0 {
                fields[index] = Int64(bitPattern: try take(bytes, &place))
            }
            one.fields = fields
            if one.mentions > 0 {
                one.firstAt = above &* microsecondsADay &+ Int64(bitPattern: try take(bytes, &place))
                one.lastAt = one.firstAt &+ Int64(bitPattern: try take(bytes, &place))
            }
            days.append(one)
        }
        return days
    }

    /// Encodes numbers that only grow, ascending.
    public static func encode(numbers: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        var before: Int64 = 0
        for number in numbers {
            append(UInt64(bitPattern: number &- before), to: &bytes)
            before = number
        }
        return bytes
    }

    /// Decodes what ``encode(numbers:)`` made.
    public static func decode(numbers bytes: [UInt8]) throws(Malformed) -> [Int64] {
        var numbers: [Int64] = []
        var place = 0
        var before: Int64 = 0
        while place < bytes.count {
            before = before &+ Int64(bitPattern: try take(bytes, &place))
            numbers.append(before)
        }
        return numbers
    }

    private static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
    private static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func take(_ bytes: [UInt8], _ place: inout Int) throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < bytes.count, shift < 64 {
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw Malformed(offset: place)
    }
}

extension StandingDay {
    /// The sums in the order in which they are stored, which never changes: new ones come at the end.
    fileprivate var fields: InlineArray<19, Int64> {
        get {
            [
                positive, neutral, negative, unknown, answers, followersKnown, followersSum, copies, copiesPositive,
                copiesNegative, setAside, setAsidePositive, setAsideNegative, reposts, replies, dialogues, defences,
                repliesGot, repostsGot,
            ]
        }
        set {
            (positive, neutral, negative, unknown) = (newValue[0], newValue[1], newValue[2], newValue[3])
            (answers, followersKnown, followersSum) = (newValue[4], newValue[5], newValue[6])
            (copies, copiesPositive, copiesNegative) = (newValue[7], newValue[8], newValue[9])
            (setAside, setAsidePositive, setAsideNegative) = (newValue[10], newValue[11], newValue[12])
            (reposts, replies) = (newValue[13], newValue[14])
            (dialogues, defences, repliesGot, repostsGot) = (newValue[15], newValue[16], newValue[17], newValue[18])
        }
    }
}
