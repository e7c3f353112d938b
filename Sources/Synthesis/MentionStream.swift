internal import Fingerprinting
public import MentionModel

/// What a generated record is, as the truth knows it.
public enum SyntheticKind: Sendable, Equatable {
    /// The first record of a mention.
    case mention
    /// The bytes of an earlier record again.
    case redelivery
    /// Another body of an earlier mention.
    case revision
    /// A record to be refused with this reason.
    case refused(ReasonCode)
}

/// One generated record; its payload is in the buffer that was given to ``MentionStream/next(into:)``.
public struct SyntheticRecord: Sendable, Equatable {
    /// What it is.
    public var kind: SyntheticKind
    /// False for a tombstone, whose buffer is empty.
    public var hasPayload: Bool
    /// The timestamp to give the Kafka record: never before the one of the record before it, and within three times
    /// the jitter and 4 s of the `published_at` of a new mention.
    public var timestamp: Timestamp
    /// The content sketch of the text: see `Fingerprinter.sketchKey`; 0 where sketches are off.
    public var sketch: UInt64
}

/// A deterministic stream of mention events that is like the real thing: brands and authors by Zipf, threads, reposts,
/// copies, re-deliveries, revisions and bad records, with the exact truth about them.
///
/// The same ``StreamParameters`` give the same bytes on every machine: all chance comes from ``SeededRandom``, all
/// arithmetic is on integers or on correctly rounded operations, and no order of a dictionary matters. Truth is known
/// by construction (ids are unique because they are bijections of the record's number; a revision raises a count that
/// never falls), so it costs no look-up and stays exact for any length.
///
/// Memory: 8 bytes an author, about 1 KB a planted one (see ``PlantParameters``) and the window of the latest mentions with their texts, about 10 MB with the defaults,
/// whatever the length of the stream.
public struct MentionStream: Sendable {
    /// What the stream was made from.
    public let parameters: StreamParameters
    /// The truth about the records given so far.
    public internal(set) var manifest: StreamManifest

    let brandCatalogue: BrandCatalogue
    let authors: AuthorCatalogue
    let brandRanks: ZipfSampler
    let authorRanks: ZipfSampler
    var composer: TextComposer
    var writer: RecordWriter
    var random: SeededRandom
    var fingerprinter = Fingerprinter()
    let seedSalt: UInt64

    /// What planted authors have to do, and what each has done; empty where there are none.
    var plantSchedule = PlantSchedule()
    var plantRecords: [PlantRecord]

    var window: [SyntheticMention] = []
    var newest = -1
    var emitted = 0
    var sourceCounts = [Int](repeating: 0, count: Source.allCases.count)
    /// The slot of the last record, and the mention that it copies; nil for a bad record.
    var lastSlot: Int?
    var lastKind = SyntheticKind.mention
    var lastCopyOf: Identity?

    /// A stream at its start. Takes some 50 ms for a million authors.
    ///
    /// - Throws: ``StreamParameterError`` when a parameter is out of its range.
    public init(_ parameters: StreamParameters) throws(StreamParameterError) {
        try parameters.validate()
        self.parameters = parameters
        manifest = StreamManifest(
            seed: parameters.seed,
            mentionsByBrand: [Int](repeating: 0, count: parameters.brands)
        )
        let grammars = [
            Vocabulary.english, .spanish, .german, .french, .japanese, .portuguese,
        ].map { Grammar($0) }
        brandCatalogue = BrandCatalogue(count: parameters.brands)
        authors = AuthorCatalogue(parameters, brandCatalogue)
        brandRanks = ZipfSampler(
            count: parameters.brands,
            exponentEighths: parameters.brandExponentEighths,
            shift: 0
        )
        authorRanks = ZipfSampler(
            count: parameters.authors,
            exponentEighths: parameters.authorExponentEighths,
            shift: parameters.authorShift
        )
        composer = TextComposer(
            grammars: grammars,
            brands: brandCatalogue,
            authors: authors,
            longTexts: parameters.longTexts
        )
        writer = RecordWriter(
            seed: parameters.seed,
            authors: authors,
            brands: brandCatalogue,
            grammars: grammars
        )
        random = SeededRandom(seed: parameters.seed)
        seedSalt = SeededRandom.scramble(parameters.seed)
        window.reserveCapacity(parameters.window)
        plantRecords = [PlantRecord](repeating: PlantRecord(), count: authors.plants.count)
        for index in plantRecords.indices {
            let due = authors.plants.due(authors.plants[index], mention: 0)
            plantSchedule.push(PlantSchedule.Event(due: due, plant: index, mention: 0))
        }
    }

    /// The brands of the stream, most frequent first.
    public var brands: [SyntheticBrand] {
        (0..<parameters.brands).map { brandCatalogue.brand($0) }
    }

    /// Makes the next record and puts its payload into `payload`, whose old content goes; nil at the end.
    public mutating func next(into payload: inout [UInt8]) -> SyntheticRecord? {
        guard emitted < parameters.count else { return nil }
        payload.removeAll(keepingCapacity: true)
        let now = nominalTime(emitted)
        let draw = random.below(1_000_000)
        let badEnd = parameters.badRecords
        let redeliveryEnd = badEnd + parameters.redeliveries
        lastCopyOf = nil
        let record: SyntheticRecord
        if draw < badEnd {
            record = makeBad(now, into: &payload)
        } else if draw < redeliveryEnd, newest >= 0 {
            record = repeatOne(now, into: &payload)
        } else if draw < redeliveryEnd + parameters.revisions, newest >= 0 {
            record = reviseOne(now, into: &payload)
        } else {
            record = makeNew(now, into: &payload)
        }
        emitted += 1
        manifest.records += 1
        manifest.payloadBytes += payload.count
        lastKind = record.kind
        return record
    }

    /// The manifest as one JSON object, with names of brands and planted authors, for the records given so far.
    public func manifestJSON() -> [UInt8] {
        var complete = manifest
        for source in Source.allCases where sourceCounts[Int(source.rawValue)] > 0 {
            complete.mentionsBySource["\(source.name)"] = sourceCounts[Int(source.rawValue)]
        }
        var planted: [PlantedAuthor] = []
        for brand in 0..<parameters.brands {
            for position in 0..<(parameters.advocatesPerBrand + parameters.criticsPerBrand) {
                let author = authors.planted(brand: brand, position: position)
                var object: [UInt8] = []
                authors.appendObject(author, to: &object)
                planted.append(
                    PlantedAuthor(
                        brand: brandCatalogue.brand(brand).name,
                        source: "\(authors.source(author).name)",
                        isAdvocate: position < parameters.advocatesPerBrand,
                        object: object
                    )
                )
            }
        }
        var bytes: [UInt8] = []
        complete.appendJSON(brands: brands, planted: planted, to: &bytes)
        if !plantRecords.isEmpty { appendPlants(to: &bytes) }
        return bytes
    }

    /// Appends `source:id` of the last record; its number where it is one to be refused.
    public func appendLastID(to bytes: inout [UInt8]) {
        guard let lastSlot else { return bytes.append(decimal: Int64(emitted - 1)) }
        let identity = window[lastSlot].identity
        bytes.append(identity.source.name)
        bytes.append(0x3A)
        identity.append(to: &bytes, seed: parameters.seed)
    }

    /// Appends the truth about the last record as one JSON object without a line end: `n` (counted from 0), `kind`
    /// and, unless it is to be refused, `source`, `id`, `brands`, `feeling` and `copy_of`.
    public func appendTruth(to bytes: inout [UInt8]) {
        bytes.append("{\"n\":")
        bytes.append(decimal: Int64(emitted - 1))
        switch lastKind {
        case .mention: bytes.append(",\"kind\":\"new\"")
        case .redelivery: bytes.append(",\"kind\":\"redelivery\"")
        case .revision: bytes.append(",\"kind\":\"revision\"")
        case .refused(let reason):
            bytes.append(",\"kind\":\"dead_letter\",\"reason\":\"")
            bytes.append(contentsOf: reason.rawValue.utf8)
            bytes.append("\"")
        }
        if let lastSlot {
            let mention = window[lastSlot]
            bytes.append(",\"source\":\"")
            bytes.append(mention.identity.source.name)
            bytes.append("\",\"id\":\"")
            mention.identity.append(to: &bytes, seed: parameters.seed)
            bytes.append("\",\"brands\":[")
            for (index, brand) in [mention.brand, mention.otherBrand].filter({ $0 >= 0 }).enumerated() {
                bytes.append(index == 0 ? "\"" : ",\"")
                bytes.append(contentsOf: brandCatalogue.names[brand])
                bytes.append("\"")
            }
            bytes.append("],\"feeling\":")
            bytes.append(decimal: Int64(mention.feeling.rawValue))
            if let copied = lastCopyOf {
                bytes.append(",\"copy_of\":{\"source\":\"")
                bytes.append(copied.source.name)
                bytes.append("\",\"id\":\"")
                copied.append(to: &bytes, seed: parameters.seed)
                bytes.append("\"}")
            }
        }
        bytes.append("}")
    }
}

// MARK: - The kinds of record

extension MentionStream {
    private func nominalTime(_ index: Int) -> Int64 {
        let span = UInt64(parameters.spanMilliseconds)
        let product = span.multipliedFullWidth(by: UInt64(index))
        let count = UInt64(max(1, parameters.count))
        // index < count, so the quotient is below the span and the division can't trap.
        return parameters.startMilliseconds + Int64(bitPattern: count.dividingFullWidth(product).quotient)
    }

    private func timestamp(_ now: Int64) -> Timestamp {
        Timestamp(milliseconds: now + 2 * parameters.jitterMilliseconds)
    }

    mutating func jitter() -> Int64 {
        let range = Int(parameters.jitterMilliseconds)
        return Int64(random.below(2 * range + 1) - range)
    }

    private mutating func makeBad(_ now: Int64, into payload: inout [UInt8]) -> SyntheticRecord {
        var mention = SyntheticMention()
        mention.author = authorRanks.draw(&random)
        mention.identity = Identity(
            source: authors.source(mention.author),
            number: UInt64(emitted),
            milliseconds: now
        )
        mention.language = authors.language(mention.author)
        mention.publishedAt = now
        composer.appendPost(mention, inText: false, to: &mention.text, &random)
        let isLarge = random.chance(perMillion: parameters.oversizedOfBad)
        let choice = random.below(8)
        let (fault, reason): (Fault, ReasonCode) =
            if isLarge {
                (.tooLarge, .tooLarge)
            } else {
                switch choice {
                case 0: (.none, .tombstone)
                case 1: (.notUTF8, .notUTF8)
                case 2: (.badJSON, .badJSON)
                case 3: (.tooDeep, .tooDeep)
                case 4: (.missingField(random.below(5)), .missingField)
                case 5: (.badField(random.below(4)), .badField)
                case 6: (.badDate(random.below(3)), .badDate)
                default: (.nulCharacter, .nulCharacter)
                }
            }
        if reason != .tombstone { writer.write(mention, fault: fault, to: &payload) }
        manifest.deadLetters[reason, default: 0] += 1
        lastSlot = nil
        return SyntheticRecord(
            kind: .refused(reason),
            hasPayload: reason != .tombstone,
            timestamp: timestamp(now),
            sketch: SeededRandom.scramble(UInt64(emitted) ^ seedSalt)
        )
    }

    private mutating func repeatOne(_ now: Int64, into payload: inout [UInt8]) -> SyntheticRecord {
        let slot = recentSlot()
        // A mention is written from its slot alone, so these are the bytes of its latest version.
        writer.write(window[slot], fault: .none, to: &payload)
        manifest.redeliveries += 1
        lastSlot = slot
        return SyntheticRecord(
            kind: .redelivery,
            hasPayload: true,
            timestamp: timestamp(now),
            sketch: window[slot].sketch
        )
    }

    private mutating func reviseOne(_ now: Int64, into payload: inout [UInt8]) -> SyntheticRecord {
        let slot = recentSlot()
        // Likes grow in every revision: no body can come twice.
        window[slot].likes = window[slot].likes &+ 1 &+ UInt32(truncatingIfNeeded: random.below(random.below(200) + 1))
        window[slot].reposts &+= UInt32(truncatingIfNeeded: random.below(5))
        window[slot].replies &+= UInt32(truncatingIfNeeded: random.below(3))
        if window[slot].repostOf == nil, window[slot].text.count < 8_000, random.below(2) == 0 {
            window[slot].editedAt = max(now, window[slot].publishedAt + 1)
            var text = window[slot].text
            composer.appendEdit(window[slot], to: &text, &random)
            window[slot].text = text
            if parameters.sketches { window[slot].sketch = fingerprinter.sketchKey(text.span) }
        }
        writer.write(window[slot], fault: .none, to: &payload)
        manifest.revisions += 1
        lastSlot = slot
        return SyntheticRecord(
            kind: .revision,
            hasPayload: true,
            timestamp: timestamp(now),
            sketch: window[slot].sketch
        )
    }

    private mutating func makeNew(_ now: Int64, into payload: inout [UInt8]) -> SyntheticRecord {
        let slot = newest + 1 < parameters.window ? newest + 1 : 0
        var mention = SyntheticMention()
        if slot < window.count {
            // Takes the old text's memory over, unless it is that of a long one.
            swap(&mention.text, &window[slot].text)
            if mention.text.capacity > 1_024 {
                mention.text = []
            } else {
                mention.text.removeAll(keepingCapacity: true)
            }
        }
        compose(&mention, now)
        if parameters.sketches { mention.sketch = fingerprinter.sketchKey(mention.text.span) }
        writer.write(mention, fault: .none, to: &payload)
        manifest.mentions += 1
        sourceCounts[Int(mention.identity.source.rawValue)] += 1
        if mention.brand >= 0 { manifest.mentionsByBrand[mention.brand] += 1 } else { manifest.withoutBrand += 1 }
        if mention.otherBrand >= 0 { manifest.mentionsByBrand[mention.otherBrand] += 1 }
        let sketch = mention.sketch
        if slot < window.count { window[slot] = mention } else { window.append(mention) }
        newest = slot
        lastSlot = slot
        return SyntheticRecord(kind: .mention, hasPayload: true, timestamp: timestamp(now), sketch: sketch)
    }

    /// A slot of the window, of recent mentions rather than of old ones.
    mutating func recentSlot() -> Int {
        let age = random.below(random.below(window.count) + 1)
        let slot = newest - age
        return slot >= 0 ? slot : slot + window.count
    }
}
