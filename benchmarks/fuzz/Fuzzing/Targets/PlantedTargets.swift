import Synthesis

/// A reader that dies of its 100th input or so.
struct PlantedCrash: FuzzTarget {
    static let name = "planted-crash"
    static let share = 0
    let dictionary: [[UInt8]] = []

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] { [UInt8(random.below(100))] }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        // The length that an input claims to have is believed: what this proves is that a run sees the trap.
        let room: [UInt8] = [1, 2, 3]
        if input.mutations == 0, input.bytes.first == 42 { return "\(room[Int(input.bytes[0])])" }
        return "accepted"
    }
}

/// A reader that never comes back from its 100th input or so.
struct PlantedHang: FuzzTarget {
    static let name = "planted-hang"
    static let share = 0
    let dictionary: [[UInt8]] = []

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] { [UInt8(random.below(100))] }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        var position = 0
        while position < input.bytes.count, input.mutations == 0, input.bytes[position] == 42 { position &*= 2 }
        return "accepted"
    }
}

/// A reader that keeps what it has read.
struct PlantedGrowth: FuzzTarget {
    static let name = "planted-growth"
    static let share = 0
    let dictionary: [[UInt8]] = []
    private var kept: [[UInt8]] = []

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] { [UInt8](repeating: 1, count: 20_000) }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        kept.append(input.bytes)
        return "accepted"
    }
}

/// A reader that accepts what it must not.
struct PlantedFinding: FuzzTarget {
    static let name = "planted-finding"
    static let share = 0
    let dictionary: [[UInt8]] = []

    mutating func seed(_ random: inout SeededRandom) -> [UInt8] { [UInt8(random.below(100))] }

    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String {
        try FuzzFinding.unless(input.mutations > 0 || input.bytes.first != 42, "42 was accepted")
        return "accepted"
    }
}
