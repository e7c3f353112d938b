import Synthesis

/// Inputs of one target, one after another.
///
/// Input `number` of a target follows from the seed, the target's name and the number alone, so that each can be made
/// again by itself.
public struct FuzzRun: Sendable {
    /// At most so many findings are kept; all are counted.
    public static let keptFindings = 10

    /// The run's seed.
    public let seed: UInt64
    /// The numbers of the inputs.
    public let numbers: Range<Int>

    /// Makes a run of the inputs with these numbers.
    public init(seed: UInt64, numbers: Range<Int>) {
        self.seed = seed
        self.numbers = numbers
    }

    /// What a run gave.
    public struct Tally: Sendable {
        /// Inputs by their class.
        public var classes: [String: Int] = [:]
        /// Inputs that broke a rule.
        public var findingCount = 0
        /// The first of them.
        public var findings: [(number: Int, rule: String)] = []

        /// Nothing yet.
        public init() {}
    }

    /// Goes through the inputs. `before` is told each number before the input is made; `atEnd` is called while the
    /// target still holds what it holds.
    ///
    /// - Throws: what the target's initializer throws.
    public func callAsFunction<Target: FuzzTarget>(
        _ type: Target.Type,
        before: (Int) -> Void = { _ in },
        atEnd: () -> Void = {}
    ) async throws -> Tally {
        var target = try type.init()
        var tally = Tally()
        for number in numbers {
            before(number)
            let input = input(number, of: &target)
            do throws(FuzzFinding) {
                tally.classes[try await target.run(input), default: 0] += 1
            } catch {
                tally.findingCount += 1
                if tally.findings.count < Self.keptFindings { tally.findings.append((number, error.rule)) }
            }
        }
        withExtendedLifetime(target, atEnd)
        return tally
    }

    /// Makes one input: a seed, and in three of four cases damage.
    public func input<Target: FuzzTarget>(_ number: Int, of target: inout Target) -> FuzzInput {
        var name: UInt64 = 0
        for byte in Target.name.utf8 { name = SeededRandom.scramble(name &+ UInt64(byte) &+ 1) }
        let place = SeededRandom.scramble(UInt64(truncatingIfNeeded: number) &+ name)
        var random = SeededRandom(seed: SeededRandom.scramble(seed) ^ place)
        var bytes = target.seed(&random)
        var mutations = 0
        if random.below(4) > 0 {
            let other = random.below(8) == 0 ? target.seed(&random) : []
            let isGentle = Target.isText && random.below(4) > 0
            let mutator = Mutator(dictionary: target.dictionary, other: other, keepsText: isGentle)
            mutations = mutator.damage(&bytes, &random)
        }
        return FuzzInput(bytes: bytes, mutations: mutations, random: random)
    }
}
