/// One mention of the stream as it stands: all that its event is written from.
struct SyntheticMention: Sendable {
    var identity = Identity(source: .twitter, number: 0, milliseconds: 0)
    var author = 0
    var language = 0
    var feeling = Feeling.neutral
    /// Index of the brand that it is about; negative for none.
    var brand = -1
    /// Index of a second brand; negative for none.
    var otherBrand = -1
    /// Whether the event names its brands in a field.
    var namesBrand = false
    var publishedAt: Int64 = 0
    /// 0 where it was never edited.
    var editedAt: Int64 = 0
    var likes: UInt32 = 0
    var reposts: UInt32 = 0
    var replies: UInt32 = 0
    var inReplyTo: Identity?
    var repostOf: Identity?
    var conversation: Identity?
    /// Of the text; computed once and kept for re-deliveries.
    var sketch: UInt64 = 0
    var text: [UInt8] = []
}

/// What is wrong with a record that was made to be refused.
enum Fault: Sendable, Equatable {
    case none
    case notUTF8, badJSON, tooDeep, nulCharacter, badDate(Int), missingField(Int), badField(Int), tooLarge
}

/// Writes mentions as events of the contract, straight into bytes.
struct RecordWriter: Sendable {
    private let seed: UInt64
    private let authors: AuthorCatalogue
    private let brands: BrandCatalogue
    private let grammars: [Grammar]
    private var dates = DateWriter()

    init(seed: UInt64, authors: AuthorCatalogue, brands: BrandCatalogue, grammars: [Grammar]) {
        self.seed = seed
        self.authors = authors
        self.brands = brands
        self.grammars = grammars
    }

    /// Appends the event of a mention. The same mention gives the same bytes each time.
    mutating func write(_ mention: borrowing SyntheticMention, fault: Fault, to bytes: inout [UInt8]) {
        let identity = mention.identity
        bytes.append("{")
        if fault != .missingField(0) {
            bytes.append("\"id\":\"")
            if fault != .badField(0) { identity.append(to: &bytes, seed: seed) }
            bytes.append("\",")
        }
        if fault != .missingField(1) {
            bytes.append("\"source\":\"")
            bytes.append(identity.source.name)
            if fault == .badField(1) { bytes.append(" Web!") }
            bytes.append("\",")
        }
        if fault != .missingField(2) {
            bytes.append("\"text\":\"")
            if fault == .notUTF8 { bytes.append(contentsOf: [0xC3, 0x28]) }
            if fault == .nulCharacter { bytes.append("\\u0000") }
            appendEscaped(mention.text, to: &bytes)
            if fault == .tooLarge { bytes.append(contentsOf: repeatElement(0x61, count: 1_048_577)) }
            bytes.append("\",")
        }
        if fault != .missingField(3) {
            bytes.append("\"author\":")
            if fault == .badField(2) {
                bytes.append("\"somebody\"")
            } else {
                authors.appendObject(mention.author, to: &bytes)
            }
            bytes.append(",")
        }
        if fault == .badField(3) { bytes.append("\"counts\":{\"likes\":-3},") }
        if fault == .tooDeep {
            bytes.append("\"extra\":")
            bytes.append(contentsOf: repeatElement(0x5B, count: 300))
            bytes.append(contentsOf: repeatElement(0x5D, count: 300))
            bytes.append(",")
        }
        writeOptionalFields(mention, fault: fault, to: &bytes)
        if fault == .missingField(4) {
            bytes.append("\"seen\":true}")
        } else {
            bytes.append("\"published_at\":\"")
            switch fault {
            case .badDate(0): bytes.append("9999-12-31T23:59:59Z")
            case .badDate(1): bytes.append("the day before yesterday")
            case .badDate: bytes.append("2026-02-30T10:00:00Z")
            default: writeDate(mention.publishedAt, of: identity, to: &bytes)
            }
            bytes.append("\"}")
        }
        if fault == .badJSON { bytes.removeLast(2) }
    }

    private mutating func writeOptionalFields(
        _ mention: borrowing SyntheticMention,
        fault: Fault,
        to bytes: inout [UInt8]
    ) {
        let identity = mention.identity
        if mention.namesBrand, mention.brand >= 0 {
            bytes.append(mention.otherBrand >= 0 ? "\"brand\":[\"" : "\"brand\":\"")
            bytes.append(contentsOf: brands.names[mention.brand])
            if mention.otherBrand >= 0 {
                bytes.append("\",\"")
                bytes.append(contentsOf: brands.names[mention.otherBrand])
            }
            bytes.append(mention.otherBrand >= 0 ? "\"]," : "\",")
        }
        // A fifth of the events does not say its language.
        if identity.number % 5 != 0 {
            bytes.append("\"lang\":\"")
            bytes.append(contentsOf: grammars[mention.language].language)
            bytes.append("\",")
        }
        if identity.source.hasTitles {
            bytes.append("\"title\":\"Note ")
            bytes.append(decimal: identity.number)
            bytes.append("\",")
        }
        if identity.source != .email, identity.number % 3 != 0 {
            bytes.append("\"url\":\"https://")
            bytes.append(identity.source.name)
            bytes.append(".example/p/")
            bytes.append(decimal: identity.number)
            bytes.append("\",")
        }
        writeReference("\"in_reply_to\":\"", mention.inReplyTo, to: &bytes)
        writeReference("\"repost_of\":\"", mention.repostOf, to: &bytes)
        writeReference("\"conversation\":\"", mention.conversation, to: &bytes)
        if mention.editedAt != 0 {
            bytes.append("\"edited_at\":\"")
            writeDate(mention.editedAt, of: identity, to: &bytes)
            bytes.append("\",")
        }
        if fault != .badField(3), mention.likes | mention.reposts | mention.replies != 0 {
            bytes.append("\"counts\":{\"likes\":")
            bytes.append(decimal: UInt64(mention.likes))
            bytes.append(",\"reposts\":")
            bytes.append(decimal: UInt64(mention.reposts))
            bytes.append(",\"replies\":")
            bytes.append(decimal: UInt64(mention.replies))
            bytes.append("},")
        }
    }

    /// The form of a date is part of what a mention is, so that a re-delivery has the same bytes.
    private mutating func writeDate(_ milliseconds: Int64, of identity: Identity, to bytes: inout [UInt8]) {
        let form = (identity.number &* 0x9E37_79B9_7F4A_7C15) >> 58
        let offset = form < 4 ? 120 : form < 6 ? -300 : form == 6 ? 345 : 0
        dates.append(milliseconds: milliseconds, offsetMinutes: offset, fraction: form < 40, to: &bytes)
    }

    private func writeReference(_ name: StaticString, _ identity: Identity?, to bytes: inout [UInt8]) {
        guard let identity else { return }
        bytes.append(name)
        identity.append(to: &bytes, seed: seed)
        bytes.append("\",")
    }

    /// Appends text as the inside of a JSON string; texts hold no control characters but line ends.
    private func appendEscaped(_ text: [UInt8], to bytes: inout [UInt8]) {
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 {
                bytes.append(contentsOf: text[start..<index])
                bytes.append(0x5C)
                bytes.append(byte < 0x20 ? 0x6E : byte)
                start = index + 1
            }
            index += 1
        }
        bytes.append(contentsOf: text[start...])
    }
}
