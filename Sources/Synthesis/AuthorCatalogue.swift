/// A source that mentions come from.
enum Source: UInt8, Sendable, CaseIterable {
    case twitter, mastodon, bluesky, forum, email, blog, reddit, review

    var name: StaticString {
        switch self {
        case .twitter: "twitter"
        case .mastodon: "mastodon"
        case .bluesky: "bluesky"
        case .forum: "forum"
        case .email: "email"
        case .blog: "blog"
        case .reddit: "reddit"
        case .review: "review"
        }
    }

    /// Whether people there pass posts on with a button.
    var hasReposts: Bool { self == .twitter || self == .mastodon || self == .bluesky }

    /// Whether its authors have an id beside the handle.
    var hasAuthorIDs: Bool { self != .email && self != .blog && self != .reddit }

    /// Whether its mentions have a title.
    var hasTitles: Bool { self == .email || self == .blog || self == .reddit || self == .review }
}

/// What every author is like: all of it follows from the author's number, so that a million of them take no memory.
struct AuthorCatalogue: Sendable {
    private let parameters: StreamParameters
    private let brands: BrandCatalogue
    /// Those who were planted to test a score; their numbers are beyond all others.
    let plants: PlantCatalogue

    init(_ parameters: StreamParameters, _ brands: BrandCatalogue) {
        self.parameters = parameters
        self.brands = brands
        let perBrand = parameters.advocatesPerBrand + parameters.criticsPerBrand + 1
        plants = PlantCatalogue(parameters, first: parameters.authors + parameters.brands * perBrand)
    }

    /// The number of an author planted for a brand: advocates first, then critics.
    func planted(brand: Int, position: Int) -> Int {
        parameters.authors + brand * (parameters.advocatesPerBrand + parameters.criticsPerBrand) + position
    }

    /// The number of a brand's own account.
    func ownAccount(brand: Int) -> Int {
        parameters.authors + parameters.brands * (parameters.advocatesPerBrand + parameters.criticsPerBrand) + brand
    }

    /// The brand whose own account this is.
    func brand(ofOwnAccount author: Int) -> Int? {
        let brand = author - ownAccount(brand: 0)
        return brand >= 0 && brand < brands.handles.count ? brand : nil
    }

    private func mix(_ author: Int) -> UInt64 {
        SeededRandom.scramble(UInt64(truncatingIfNeeded: author) &+ parameters.seed &* 0x9E37_79B9_7F4A_7C15)
    }

    /// Where the author writes.
    func source(_ author: Int) -> Source {
        if brand(ofOwnAccount: author) != nil { return .twitter }
        if let plant = plants.plant(ofAuthor: author) { return plants.source(plant) }
        let bits = mix(author)
        let kind = Int(truncatingIfNeeded: ((bits >> 32) &* 1_000_000) >> 32)
        let part = Int(truncatingIfNeeded: ((bits & 0xFFFF_FFFF) &* 100) >> 32)
        if kind < parameters.snowflakeIDs { return part < 75 ? .twitter : .mastodon }
        if kind < parameters.snowflakeIDs + parameters.randomIDs {
            return part < 48 ? .bluesky : part < 72 ? .forum : part < 88 ? .email : .blog
        }
        return part < 65 ? .reddit : .review
    }

    /// Index of the language in which the author writes.
    func language(_ author: Int) -> Int {
        if author >= plants.first { return 0 }
        let part = Int(truncatingIfNeeded: (mix(author) >> 20) % 100)
        return part < 72 ? 0 : part < 80 ? 1 : part < 88 ? 2 : part < 93 ? 3 : part < 97 ? 4 : 5
    }

    func appendHandle(_ author: Int, to bytes: inout [UInt8]) {
        if let brand = brand(ofOwnAccount: author) { return bytes.append(contentsOf: brands.handles[brand]) }
        let bits = mix(author)
        bytes.append(contentsOf: Self.colours[Int(truncatingIfNeeded: bits >> 8) & 31])
        bytes.append(0x5F)
        bytes.append(contentsOf: Self.animals[Int(truncatingIfNeeded: bits >> 16) & 31])
        bytes.append(decimal: UInt64(truncatingIfNeeded: author))
    }

    /// Appends what tells the author from others on its source: its id, or its handle where there are no ids.
    func appendKey(_ author: Int, to bytes: inout [UInt8]) {
        switch source(author) {
        case .twitter, .mastodon, .review, .forum:
            bytes.append(decimal: 10_000_019 + UInt64(truncatingIfNeeded: author) * 2_654_435_761)
        case .bluesky:
            bytes.append("did:plc:")
            bytes.append(base32: mix(author))
        case .email, .blog, .reddit: appendFullHandle(author, to: &bytes)
        }
    }

    private func appendFullHandle(_ author: Int, to bytes: inout [UInt8]) {
        appendHandle(author, to: &bytes)
        switch source(author) {
        case .mastodon: bytes.append("@social.example")
        case .email: bytes.append("@mail.example")
        case .bluesky: bytes.append(".bsky.example")
        default: break
        }
    }

    /// Appends the `author` object: which fields there are depends on the source, as in life.
    func appendObject(_ author: Int, to bytes: inout [UInt8]) {
        let bits = mix(author)
        let source = source(author)
        bytes.append("{")
        if source.hasAuthorIDs {
            bytes.append("\"id\":\"")
            appendKey(author, to: &bytes)
            bytes.append("\",")
        }
        bytes.append("\"handle\":\"")
        appendFullHandle(author, to: &bytes)
        bytes.append("\"")
        guard source != .reddit && source != .forum else { return bytes.append("}") }
        bytes.append(",\"name\":\"")
        bytes.append(contentsOf: Self.givenNames[Int(truncatingIfNeeded: bits >> 24) & 31])
        bytes.append(0x20)
        bytes.append(contentsOf: Self.familyNames[Int(truncatingIfNeeded: bits >> 32) & 31])
        bytes.append("\"")
        if source.hasReposts {
            // From a handful to millions, each doubling half as common as the one before.
            let doublings = UInt64(min(18, (bits >> 40).trailingZeroBitCount))
            bytes.append(",\"followers\":")
            let plant = plants.plant(ofAuthor: author)
            let followers = ((bits >> 12) & 0xFFFF_FFFF) % (200 << doublings)
            bytes.append(decimal: plant.map { plants.followers($0) } ?? followers)
            bytes.append(bits >> 58 == 0 && plant == nil ? ",\"verified\":true" : ",\"verified\":false")
        }
        bytes.append("}")
    }

    private static func words(_ list: String) -> [[UInt8]] { list.split(separator: " ").map { Array($0.utf8) } }

    private static let colours = words(
        "amber azure beige black bronze coral cream crimson cyan denim ebony flint golden green grey hazel indigo ivory"
            + " jade khaki lemon lilac lime maroon mint navy ochre olive pearl plum ruby silver"
    )
    private static let animals = words(
        "badger bear beaver bison crane crow deer dove eagle falcon ferret finch fox gecko goose hare heron ibis jay"
            + " kite lark lynx mole newt otter owl panda raven robin seal swan wolf"
    )
    private static let givenNames = words(
        "Ada Ben Cleo Dana Eli Fay Gus Hana Ivo Jana Kai Lea Mira Ned Olga Pia Quinn Rosa Sam Tess Uma Vera Will Xenia"
            + " Yara Zeno Anna Boris Carla Dirk Emil Frida"
    )
    private static let familyNames = words(
        "Abbott Berg Castro Duval Egan Fuchs Garcia Holt Ito Jansen Kovacs Lopez Meyer Novak Okafor Perez Quist Rossi"
            + " Silva Tanaka Urban Vogel Weber Xu Young Zuber Brandt Costa Dahl Evans Fontana Grieg"
    )
}
