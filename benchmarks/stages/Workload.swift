import BrandMatching
import Fingerprinting
import MentionModel
import Pipeline
import Synthesis

/// Generated records, as far as each stage needs them.
struct Workload {
    /// The payloads, one behind the other.
    private(set) var payloads: [UInt8] = []
    /// Where each payload lies, and the timestamp of its Kafka record.
    private(set) var records: [(range: Range<Int>, timestamp: Timestamp)] = []
    /// The brands that the records speak of.
    let brands: [BrandDefinition]
    /// The mentions among the records, their strings in ``arena``.
    private(set) var events: [MentionEvent] = []
    private(set) var arena: ByteArena
    /// The normalised text and its hash of each event.
    private(set) var normalised: [UInt8] = []
    private(set) var texts: [(range: Range<Int>, hash: UInt64)] = []

    /// Makes `count` records with the generator's defaults; they follow from the seed.
    init(seed: UInt64, count: Int, brands: Int) throws {
        var parameters = StreamParameters(seed: seed, count: count)
        parameters.brands = brands
        parameters.sketches = false
        // Those of over 1 MiB are one in 40,000; here they would be luck.
        parameters.oversizedOfBad = 0
        var stream = try MentionStream(parameters)
        self.brands = stream.brands.enumerated().map { number, brand in
            BrandDefinition(
                number: Int32(number + 1),
                name: brand.name,
                aliases: [brand.alias],
                handles: [brand.handle]
            )
        }
        var payload: [UInt8] = []
        while let record = stream.next(into: &payload) {
            guard record.hasPayload else { continue }
            records.append((payloads.count..<payloads.count + payload.count, record.timestamp))
            payloads.append(contentsOf: payload)
        }
        // Locals: the bytes of a member can't be read while another member is written.
        let payloads = payloads
        var arena = ByteArena(capacity: payloads.count)
        var decoder = MentionDecoder()
        for record in records {
            // What is refused is the decoder's work, and nobody else's.
            guard
                let event = try? decoder.decode(
                    payloads.span.extracting(record.range),
                    recordTimestamp: record.timestamp,
                    into: &arena
                )
            else { continue }
            events.append(event)
        }
        self.arena = arena
        var fingerprinter = Fingerprinter()
        var text: [UInt8] = []
        for event in events {
            let hash = fingerprinter.textHash(arena.bytes.span.extracting(event.text.indices), normalised: &text)
            texts.append((normalised.count..<normalised.count + text.count, hash))
            normalised.append(contentsOf: text)
        }
    }

    /// Bytes of a text, on average.
    var textBytes: Double {
        Double(events.reduce(0) { $0 + Int($1.text.count) }) / Double(max(1, events.count))
    }
}
