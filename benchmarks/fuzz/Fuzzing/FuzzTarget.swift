public import Synthesis

/// Something that reads bytes from the outside, and what must be true of it whatever the bytes are.
///
/// To fuzz one more reader, write a type with this protocol and name it in ``FuzzCatalogue/all``. What it needs is a
/// seed (a well-formed input, or one of several) and a body; the mutator does the damage.
public protocol FuzzTarget: Sendable {
    /// Its name on the command line and in results.
    static var name: String { get }
    /// Its share of the inputs of a run, relative to the others.
    static var share: Int { get }

    /// Whether it reads text: then most damage leaves UTF-8 as it is, so that it goes deeper than the first check.
    static var isText: Bool { get }

    /// A target at the beginning of a run. What it keeps from one input to the next must not change what it says.
    init() throws

    /// A well-formed input. All chance comes from `random`. May note what reading it must give.
    mutating func seed(_ random: inout SeededRandom) -> [UInt8]

    /// Words that the mutator inserts: what the format is made of.
    var dictionary: [[UInt8]] { get }

    /// Reads one input and says in a few words what became of it ("accepted", a code): runs count these classes.
    ///
    /// - Throws: ``FuzzFinding`` where a rule is broken. A refusal that is allowed is a class and no finding.
    mutating func run(_ input: FuzzInput) async throws(FuzzFinding) -> String
}

extension FuzzTarget {
    /// True: most readers read text.
    public static var isText: Bool { true }
}

/// One input, and what more a target may draw from.
public struct FuzzInput: Sendable {
    /// The bytes to be read.
    public var bytes: [UInt8]
    /// How often the bytes of the seed were damaged; 0 where they are the seed's own.
    public var mutations: Int
    /// For choices that are no bytes: options, sizes of pieces.
    public var random: SeededRandom
}

/// A rule that does not hold for an input.
public struct FuzzFinding: Error, Sendable, Equatable {
    /// Which one, in a sentence.
    public var rule: String

    /// Makes a finding.
    public init(_ rule: String) { self.rule = rule }

    /// Throws a finding unless a condition holds.
    static func unless(_ holds: Bool, _ rule: @autoclosure () -> String) throws(FuzzFinding) {
        if !holds { throw FuzzFinding(rule()) }
    }
}

/// All targets.
public enum FuzzCatalogue {
    /// What a run goes through, in this order.
    public static let all: [any FuzzTarget.Type] = [
        EventTarget.self, LinesTarget.self, StatusTarget.self, RowsTarget.self, MappingTarget.self, GzipTarget.self,
        TextTarget.self, CopiesTarget.self, ModelTarget.self, ResultTarget.self, ServerTarget.self,
    ]

    /// Readers with a planted fault: proof that a run sees it. Only by name.
    public static let planted: [any FuzzTarget.Type] = [
        PlantedCrash.self, PlantedHang.self, PlantedGrowth.self, PlantedFinding.self,
    ]

    /// A target by its name; nil where there is none.
    public static func named(_ name: String) -> (any FuzzTarget.Type)? {
        (all + planted).first { $0.name == name }
    }
}
