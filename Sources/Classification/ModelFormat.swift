internal import MentionModel

/// Why a model file can't be used.
public enum ModelError: Error, Equatable, CustomStringConvertible {
    /// It does not begin as a model file does.
    case notAModel
    /// It is of another format, or was trained for another reader of texts.
    case otherVersion(format: UInt32, reader: UInt32)
    /// It ends before what it announces, or goes on after it.
    case wrongLength(at: Int)
    /// Its checksum is not that of its bytes.
    case wrongChecksum
    /// A field holds what no model has.
    case invalid(field: String)

    /// One sentence, with the remedy.
    public var description: String {
        switch self {
        case .notAModel: "not a model file of mention-train"
        case .otherVersion(let format, let reader):
            "the model is of format \(format) and reader \(reader); this program reads format"
                + " \(ModelFormat.formatVersion) and reader \(ModelFormat.readerVersion): train it anew"
        case .wrongLength(let place): "the model file is cut or too long, at byte \(place): copy it again"
        case .wrongChecksum: "the model file is damaged (its checksum is wrong): copy it again"
        case .invalid(let field): "the model file's \(field) is invalid: train it anew"
        }
    }
}

/// The model file: little-endian, sizes before what they count, a checksum (XXH64) over all that follows it.
///
/// `MFMODEL\n` · format u32 · reader u32 · checksum u64 · version · card · lanes u32 · dense features u32 ·
/// scales i32 × lanes · biases i32 × lanes · dense weights i16 · slopes i32 × heads · offsets i32 × lanes ·
/// decisions i32 × lanes · thresholds i16 × 6 · slots (base-two logarithm) u32 · rows u32 · a bit for each slot ·
/// rows of 32 bytes in the order of slots.
public enum ModelFormat {
    /// Of the file's layout.
    public static let formatVersion: UInt32 = 1
    /// Of all that makes features of texts: normalisation, keys, dense features.
    public static let readerVersion: UInt32 = 1

    static let magic: [UInt8] = Array("MFMODEL\n".utf8)
    /// A name is at most so long, and a card.
    static let versionLimit = 64
    static let cardLimit = 1 << 20

    /// Reads a model. Takes any bytes; linear in them, and never more memory than 32 MiB beyond them.
    public static func decode(_ bytes: [UInt8]) throws(ModelError) -> Model {
        var reader = ByteReader(bytes)
        for byte in magic {
            guard bytes.count > reader.index, bytes[reader.index] == byte else { throw .notAModel }
            reader.index += 1
        }
        let format = try reader.uint32()
        let version = try reader.uint32()
        guard format == formatVersion, version == readerVersion else {
            throw .otherVersion(format: format, reader: version)
        }
        let checksum = try reader.uint64()
        let rest = bytes.span.extracting(reader.index..<bytes.count)
        guard XXH64.hash(rest) == checksum else { throw .wrongChecksum }
        let name = try reader.string(limit: versionLimit, field: "version")
        // It goes into a database and into logs.
        guard !name.isEmpty, name.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw .invalid(field: "version") }
        let card = try reader.string(limit: cardLimit, field: "card")
        guard try reader.uint32() == UInt32(Head.laneCount) else { throw .invalid(field: "number of lanes") }
        guard try reader.uint32() == UInt32(DenseFeatures.count) else { throw .invalid(field: "number of features") }
        let scales = try reader.int32s(Head.laneCount)
        guard scales.allSatisfy({ (0...1 << 24).contains($0) }) else { throw .invalid(field: "scales") }
        let biases = try reader.int32s(Head.laneCount)
        let dense = try reader.int16s(Head.laneCount * DenseFeatures.count)
        let calibration = Calibration(
            slopes: try reader.int32s(Head.allCases.count),
            offsets: try reader.int32s(Head.laneCount),
            decisions: try reader.int32s(Head.laneCount)
        )
        guard calibration.slopes.allSatisfy({ (0...1 << 20).contains($0) }) else { throw .invalid(field: "slopes") }
        var thresholds = IntentThresholds()
        thresholds.values = try reader.int16s(6)
        let table = try table(from: &reader)
        guard reader.index == bytes.count else { throw .wrongLength(at: reader.index) }
        var model = Model(
            version: name,
            card: card,
            table: table,
            scales: scales,
            biases: biases,
            dense: dense,
            calibration: calibration,
            thresholds: thresholds
        )
        model.checksum = checksum
        return model
    }

    private static func table(from reader: inout ByteReader) throws(ModelError) -> FeatureTable {
        let bits = try reader.uint32()
        guard (4...20).contains(bits) else { throw .invalid(field: "number of slots") }
        let count = try reader.uint32()
        guard count <= (1 << bits) / 8 * 7 else { throw .invalid(field: "number of rows") }
        let map = try reader.range((1 << Int(bits)) / 8)
        var table = FeatureTable(bits: Int(bits))
        for slot in 0..<(1 << Int(bits)) where reader.bytes[map.lowerBound + slot / 8] >> UInt8(slot % 8) & 1 == 1 {
            var words = SIMD4<UInt64>.zero
            for word in 0..<4 { words[word] = try reader.uint64() }
            guard words[3] >> 32 != 0 else { throw .invalid(field: "row") }
            table.place(FeatureRow(words: words), at: slot)
        }
        guard table.count == Int(count) else { throw .invalid(field: "number of rows") }
        return table
    }

    /// The bytes of a model's file, without regard to its version's uniqueness.
    public static func encode(_ model: Model) -> [UInt8] {
        var body = ByteWriter()
        body.string(model.version)
        body.string(model.card)
        body.uint32(UInt32(Head.laneCount))
        body.uint32(UInt32(DenseFeatures.count))
        body.int32s(model.scales)
        body.int32s(model.biases)
        body.int16s(model.dense)
        body.int32s(model.calibration.slopes)
        body.int32s(model.calibration.offsets)
        body.int32s(model.calibration.decisions)
        body.int16s(model.thresholds.values)
        body.uint32(UInt32(model.table.bits))
        body.uint32(UInt32(model.table.count))
        let slots = model.table.slots
        for first in stride(from: 0, to: slots.count, by: 8) {
            var byte: UInt8 = 0
            for bit in 0..<8 where slots[first + bit].mark != 0 { byte |= 1 << UInt8(bit) }
            body.bytes.append(byte)
        }
        for row in slots where row.mark != 0 {
            for word in 0..<4 { body.uint64(row.words[word]) }
        }
        var file = ByteWriter()
        file.bytes = magic
        file.uint32(formatVersion)
        file.uint32(readerVersion)
        file.uint64(XXH64.hash(body.bytes.span))
        return file.bytes + body.bytes
    }
}

/// Takes little-endian numbers off bytes, and says where they end too early.
struct ByteReader {
    let bytes: [UInt8]
    var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next `count` bytes, stepped over.
    mutating func range(_ count: Int) throws(ModelError) -> Range<Int> {
        guard count >= 0, count <= bytes.count - index else { throw .wrongLength(at: bytes.count) }
        defer { index += count }
        return index..<index + count
    }

    mutating func uint32() throws(ModelError) -> UInt32 {
        let place = try range(4).lowerBound
        return bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt32.self)) }
    }

    mutating func uint64() throws(ModelError) -> UInt64 {
        let place = try range(8).lowerBound
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    }

    mutating func int32s(_ count: Int) throws(ModelError) -> [Int32] {
        var values: [Int32] = []
        for _ in 0..<count { values.append(Int32(bitPattern: try uint32())) }
        return values
    }

    mutating func int16s(_ count: Int) throws(ModelError) -> [Int16] {
        var values: [Int16] = []
        for _ in 0..<count {
            let place = try range(2).lowerBound
            values.append(Int16(bitPattern: UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8))
        }
        return values
    }

    mutating func string(limit: Int, field: String) throws(ModelError) -> String {
        let count = try uint32()
        guard count <= limit else { throw .invalid(field: field) }
        let place = try range(Int(count))
        guard let text = String(validating: bytes[place], as: UTF8.self) else { throw .invalid(field: field) }
        return text
    }
}

/// Appends little-endian numbers.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func uint32(_ value: UInt32) {
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * shift))) }
    }

    mutating func uint64(_ value: UInt64) {
        uint32(UInt32(truncatingIfNeeded: value))
        uint32(UInt32(truncatingIfNeeded: value >> 32))
    }

    mutating func int32s(_ values: [Int32]) {
        for value in values { uint32(UInt32(bitPattern: value)) }
    }

    mutating func int16s(_ values: [Int16]) {
        for value in values {
            let bits = UInt16(bitPattern: value)
            bytes.append(UInt8(truncatingIfNeeded: bits))
            bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        }
    }

    mutating func string(_ value: String) {
        uint32(UInt32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }
}
