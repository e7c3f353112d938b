/// A brand that the stream speaks of, as `mention-admin brands import` reads it.
public struct SyntheticBrand: Sendable, Equatable {
    /// The name, made of syllables; no word of any language on purpose, so that a match is never an accident.
    public var name: String
    /// Another name that texts use.
    public var alias: String
    /// The handle of its own account on `twitter`, without the `@`.
    public var handle: String

    /// Appends the brand as one JSON object without a line end: `name`, `aliases`, `handles`, `excluded`,
    /// `own_accounts`.
    public func appendJSON(to bytes: inout [UInt8]) {
        bytes.append("{\"name\":\"")
        bytes.append(contentsOf: name.utf8)
        bytes.append("\",\"aliases\":[\"")
        bytes.append(contentsOf: alias.utf8)
        bytes.append("\"],\"handles\":[\"")
        bytes.append(contentsOf: handle.utf8)
        bytes.append("\"],\"excluded\":[],\"own_accounts\":[\"twitter:")
        bytes.append(contentsOf: handle.utf8)
        bytes.append("\"]}")
    }
}

/// All brands of a stream, with the forms in which texts mention them.
struct BrandCatalogue: Sendable {
    /// Names at index 0, other forms behind it.
    private(set) var forms: [[[UInt8]]] = []
    private(set) var names: [[UInt8]] = []
    private(set) var handles: [[UInt8]] = []

    /// The most brands; each takes two of the 40,960 names.
    static let maximum = 20_000

    init(count: Int) {
        for index in 0..<min(count, Self.maximum) {
            let name = Self.name(index)
            let alias = Self.name(index + Self.maximum)
            let lowercase = name.map { $0 | 0x20 }
            let handle = lowercase + Array("_hq".utf8)
            names.append(name)
            handles.append(handle)
            forms.append([name, name, name, name, alias, alias, lowercase, [0x40] + handle])
        }
    }

    /// The brand at an index below the count.
    func brand(_ index: Int) -> SyntheticBrand {
        SyntheticBrand(
            name: String(decoding: names[index], as: UTF8.self),
            alias: String(decoding: forms[index][4], as: UTF8.self),
            handle: String(decoding: handles[index], as: UTF8.self)
        )
    }

    /// Three letters, two letters, three letters: of fixed lengths, so that no two numbers give one name.
    private static func name(_ index: Int) -> [UInt8] {
        let permuted = (index * 7_919 + 4_513) % (32 * 32 * 40)
        return first[permuted % 32] + second[permuted / 32 % 32] + third[permuted / 1_024]
    }

    private static let first = split(
        "VelQuaZorBriKelNymTavOriLumFenGalHexJorMirPelRukSolTelUvoWexXanYorAluBezCorDraEskFlyGriHurIxaKov",
        by: 3
    )
    private static let second = split("tonariveloxamidukesabogupyzifehojeluqawetyrumokivacexoneybixugta", by: 2)
    private static let third = split(
        "luxdixvemtorqenzylnexrixbonfaxgumhylkorlepmoxnubpazralsivtek"
            + "vunwozyamzedbrykrotrifenlogjubkipmaxnolpevruxtavuzowynbimdor",
        by: 3
    )

    private static func split(_ syllables: String, by length: Int) -> [[UInt8]] {
        let bytes = Array(syllables.utf8)
        return stride(from: 0, to: bytes.count - length + 1, by: length).map { Array(bytes[$0..<$0 + length]) }
    }
}
