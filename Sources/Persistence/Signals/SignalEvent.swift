import Foundation
public import Signals

/// A signal as the topic `mention-actions` tells of it (contract, section 5).
public struct SignalEvent: Sendable, Equatable {
    /// The brand's name.
    public var brand: String
    /// The hour that stands out.
    public var spike: Spike

    /// Makes an event.
    public init(brand: String, spike: Spike) {
        self.brand = brand
        self.spike = spike
    }

    /// The record's key: signals of a brand stay in order.
    public var key: String { "signal:" + brand }

    /// Names the signal, so that one that is told again is known again.
    public var actionID: String { "signal:negative_spike:\(Self.time(spike.hour)):\(brand)" }

    /// The record's value.
    public var json: String {
        let fields: [String: Field] = [
            "kind": .text("signal"), "action_id": .text(actionID), "brand": .text(brand),
            "signal": .text("negative_spike"), "value": .integer(spike.value), "baseline": .real(spike.baseline),
            "z": .real((spike.z * 100).rounded() / 100), "window_start": .text(Self.time(spike.hour)),
            "window_end": .text(Self.time(spike.hour + 1)),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Numbers are finite: nothing here can't be encoded.
        guard let data = try? encoder.encode(fields) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private enum Field: Encodable {
        case text(String)
        case integer(Int32)
        case real(Double)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .real(let value): try container.encode(value)
            }
        }
    }

    private static func time(_ hour: Int32) -> String {
        Date(timeIntervalSince1970: Double(hour) * 3_600).ISO8601Format()
    }
}
