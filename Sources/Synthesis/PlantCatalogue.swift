/// One planted author.
struct Plant: Sendable, Equatable {
    /// Its number among all that are planted, from 0.
    var index: Int
    var kind: PlantKind
    var brand: Int
    /// The number of its ring among those of its kind, from 0.
    var ring: Int
    /// The first author of its ring, by `index`, and how many the ring has.
    var master: Int
    var ringSize: Int
}

/// Who is planted and what each is like. All of it follows from the number, as in ``AuthorCatalogue``.
struct PlantCatalogue: Sendable {
    /// Author number of the first; all beyond are planted.
    let first: Int
    let count: Int
    private let parameters: StreamParameters
    /// Where each kind begins, by index.
    private let starts: [Int]

    init(_ parameters: StreamParameters, first: Int) {
        self.parameters = parameters
        self.first = first
        var starts: [Int] = []
        var next = 0
        for kind in PlantKind.allCases {
            starts.append(next)
            next += parameters.plants[number: kind] * (parameters.plants.brand == nil ? parameters.brands : 1)
        }
        self.starts = starts
        count = next
    }

    /// The planted author with an author's number; nil for all others.
    func plant(ofAuthor author: Int) -> Plant? {
        author >= first && author < first + count ? self[author - first] : nil
    }

    /// The planted author with an index below `count`.
    subscript(index: Int) -> Plant {
        var place = 0
        for start in starts.indices where starts[start] <= index { place = start }
        let kind = PlantKind.allCases[place]
        let number = max(1, parameters.plants[number: kind])
        let (slot, position) = (index - starts[place]).quotientAndRemainder(dividingBy: number)
        let ringSize = max(1, parameters.plants[kind].ring)
        let ringsPerBrand = (number + ringSize - 1) / ringSize
        let inRing = position % ringSize
        return Plant(
            index: index,
            kind: kind,
            brand: parameters.plants.brand ?? slot,
            ring: slot * ringsPerBrand + position / ringSize,
            master: index - inRing,
            ringSize: min(ringSize, number - (position - inRing))
        )
    }

    /// Chance of an author's own, the same each time it is asked for.
    func bits(_ index: Int, _ purpose: UInt64) -> UInt64 {
        let salt = SeededRandom.scramble(parameters.seed &+ purpose &* 0x9E37_79B9_7F4A_7C15)
        return SeededRandom.scramble(UInt64(truncatingIfNeeded: index) ^ salt)
    }

    /// A ring is on one source.
    func source(_ plant: Plant) -> Source {
        switch Self.scaled(bits(plant.master, 1), 100) {
        case ..<45: .twitter
        case ..<60: .mastodon
        case ..<80: .bluesky
        case ..<92: .reddit
        default: .forum
        }
    }

    /// From an eighth of the median to eight times it, each doubling as common as another.
    func followers(_ plant: Plant) -> UInt64 {
        let median = UInt64(max(0, parameters.plants[plant.kind].followers))
        let bits = bits(plant.index, 2)
        let low = (median << UInt64(Self.scaled(bits, 6))) >> 3
        return low + SeededRandom.scramble(bits) % (low + 1)
    }

    /// How many mentions it writes: up to half more or less than its kind does.
    func mentions(_ plant: Plant) -> Int {
        let profile = parameters.plants[plant.kind]
        let milliseconds = min(Int64(profile.days) * 86_400_000, parameters.spanMilliseconds)
        let mean = Double(profile.mentionsADay) * Double(milliseconds) / 86_400_000_000
        let share = 0.5 + Double(Self.scaled(bits(plant.index, 3), 1_001)) / 1_000
        return max(1, Int((mean * share).rounded()))
    }

    /// When it is to write its mention with a number below `mentions`; never before the one before it but for the
    /// hours of the day. One stretch of days for a ring.
    func due(_ plant: Plant, mention: Int) -> Int64 {
        let profile = parameters.plants[plant.kind]
        let active = min(Int64(profile.days) * 86_400_000, parameters.spanMilliseconds)
        let free = parameters.spanMilliseconds - active
        let begin = parameters.startMilliseconds + Self.scaled64(bits(plant.master, 4), free + 1)
        let slot = max(1, active / Int64(mentions(plant)))
        let inSlot = Self.scaled64(bits(plant.index, 16 &+ UInt64(truncatingIfNeeded: mention)), slot)
        let even = begin + slot * Int64(mention) + inSlot
        let inDay = even % 86_400_000
        switch profile.hours {
        case .all: return even
        case .day: return even - inDay + 7 * 3_600_000 + inDay / 24 * 16
        case .night: return even - inDay + 3_600_000 + inDay / 24 * 4
        }
    }

    private static func scaled(_ bits: UInt64, _ bound: Int) -> Int {
        Int(truncatingIfNeeded: ((bits >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
    }

    private static func scaled64(_ bits: UInt64, _ bound: Int64) -> Int64 {
        Int64(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(max(1, bound))).high)
    }
}
