import Foundation

/// Seconds of processor time that this process has used: what others do on the machine disturbs it less than the clock.
func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What one stage took, of several rounds.
struct Measurement {
    /// The stage's name.
    var stage: String
    /// What is counted: "record", "mention", "text".
    var unit: String
    /// How many units one round had.
    var units: Int
    /// Nanoseconds of processor time a unit, one a round, ascending.
    var nanoseconds: [Double]

    var median: Double {
        let middle = nanoseconds.count / 2
        return nanoseconds.count.isMultiple(of: 2)
            ? (nanoseconds[middle - 1] + nanoseconds[middle]) / 2 : nanoseconds[middle]
    }
    var least: Double { nanoseconds.first ?? 0 }
    var most: Double { nanoseconds.last ?? 0 }

    /// Runs `body` once to warm up and then `rounds` times, at least once. `body` returns how many units it did, and
    /// something that depends on all of its work, so that none of it can be left out.
    static func of(
        _ stage: String,
        unit: String,
        rounds: Int,
        _ body: () throws -> (units: Int, proof: UInt64)
    ) rethrows -> Measurement {
        var proof = try body().proof
        var units = 0
        var took: [Double] = []
        for _ in 0..<max(1, rounds) {
            let start = processorSeconds()
            let result = try body()
            let seconds = processorSeconds() - start
            units = result.units
            proof ^= result.proof
            took.append(seconds * 1e9 / Double(max(1, units)))
        }
        Proof.keep(proof)
        return Measurement(stage: stage, unit: unit, units: units, nanoseconds: took.sorted())
    }
}

/// Where results go that nobody needs.
enum Proof {
    /// Makes the optimizer believe that `value` is used.
    @inline(never) static func keep(_ value: UInt64) {
        if value == 0xDEAD_BEEF_0BAD_CAFE { FileHandle.standardError.write(Data("a rare value\n".utf8)) }
    }
}
