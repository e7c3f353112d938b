import ArgumentParser
import Synthesis

/// Who is planted in a generated stream.
struct PlantOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The brand that planted authors speak of: a name, 'first' (the most frequent) or 'all' (so many for each).",
            valueName: "name"
        )
    )
    var plantBrand = "first"
    @Option(help: "How many advocates to plant.") var plantAdvocates = 0
    @Option(help: "How many critics to plant.") var plantCritics = 0
    @Option(help: "How many bots to plant.") var plantBots = 0
    @Option(help: "How many self-promoters to plant.") var plantSelfPromoters = 0
    @Option(help: "How many sock-puppets to plant.") var plantSockPuppets = 0
    @Option(help: PlantOptions.tuning(.advocate)) var advocates: String?
    @Option(help: PlantOptions.tuning(.critic)) var critics: String?
    @Option(help: PlantOptions.tuning(.bot)) var bots: String?
    @Option(help: PlantOptions.tuning(.selfPromoter)) var selfPromoters: String?
    @Option(help: PlantOptions.tuning(.sockPuppet)) var sockPuppets: String?

    private static func tuning(_ kind: PlantKind) -> ArgumentHelp {
        let usual = PlantProfile(kind)
        func share(_ millionths: Int) -> String { "\(Double(millionths) / 1_000_000)" }
        let what =
            "mentions-a-day=\(Double(usual.mentionsADay) / 1_000),days=\(usual.days),praise=\(share(usual.praise)),"
            + "texts=\(usual.texts),ring=\(usual.ring),answers=\(share(usual.answers)),mates=\(share(usual.mates)),"
            + "links=\(share(usual.links)),followers=\(usual.followers),likes=\(usual.likes),"
            + "engagement=\(Double(usual.engagement) / 1_000),hours=\(usual.hours)"
        return ArgumentHelp("How they go about it; what is not named stays \(what).", valueName: "key=value,...")
    }

    /// What each key is, for the help of the command.
    static let explanation = """
        Planted authors test a score, e.g. --plant-bots 200 --bots
        mentions-a-day=48,texts=identical. Every kind takes every key, so that attacks
        can be mixed at will. The manifest lists each author and what it did. The keys:
          mentions-a-day  0.001-1000, on active days; authors differ by half
          days            1-3650 on which each is active
          praise          0-1, share with the kind's feeling (critics: negative)
          texts           own (made anew), recombined (2 or 3 of the ring's 8
                          sentences), identical, templates (3 with small changes),
                          varied (of the ring's first author, a word more), copied
          links           0-1, share of posts with a link and a code
          answers         0-1, share that answers others
          ring            1-10000 accounts of one person
          mates           0-1, share that answers or passes on another of the ring
          followers       0-1000000000, median
          likes           0-1000000, mean that events claim
          engagement      0-20 answers and reposts by others for each mention
          hours           day, night, all
        Plants and answers to them may make 60 % of the new mentions.
        """

    /// What the options say, for a stream of these brands.
    func parameters(brands: [String]) throws -> PlantParameters {
        var plants = PlantParameters()
        switch plantBrand {
        case "first": plants.brand = 0
        case "all": plants.brand = nil
        default:
            guard let index = brands.firstIndex(of: plantBrand) else {
                throw ValidationError(
                    "--plant-brand: '\(plantBrand)' is no brand of this stream; --brands-out writes their names."
                )
            }
            plants.brand = index
        }
        let options: [(PlantKind, Int, String?, String)] = [
            (.advocate, plantAdvocates, advocates, "--advocates"), (.critic, plantCritics, critics, "--critics"),
            (.bot, plantBots, bots, "--bots"),
            (.selfPromoter, plantSelfPromoters, selfPromoters, "--self-promoters"),
            (.sockPuppet, plantSockPuppets, sockPuppets, "--sock-puppets"),
        ]
        for (kind, number, tuning, option) in options {
            plants[number: kind] = number
            for pair in (tuning ?? "").split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, plants[kind].set(parts[0], to: parts[1]) else {
                    let known = PlantProfile.keys.map { "\($0)=\($1)" }.joined(separator: ", ")
                    throw ValidationError("\(option): '\(pair)' can't be used; there are \(known).")
                }
            }
        }
        return plants
    }
}
