import Classification
import MentionModel
import ShippedModel
import Testing

@testable import Synthesis

@Suite struct PlantTests {
    /// 8 of each kind among 1,000 authors and 5,000 records of six weeks, all on the most frequent brand.
    private static func parameters(seed: UInt64 = 5) -> StreamParameters {
        var parameters = StreamParameters(seed: seed, count: 5_000)
        parameters.authors = 1_000
        parameters.spanMilliseconds = 42 * 86_400_000
        for kind in PlantKind.allCases { parameters.plants[number: kind] = 8 }
        parameters.plants[.bot].mentionsADay = 5_000
        parameters.plants[.selfPromoter].mentionsADay = 1_500
        parameters.plants[.sockPuppet].ring = 4
        return parameters
    }

    /// What decoding finds of one author.
    private struct Found {
        var mentions = 0
        var answers = 0
        var reposts = 0
        var texts: Set<String> = []
        var days: Set<Int32> = []
    }

    private static func read(
        _ parameters: StreamParameters,
        _ body: (MentionRecord, SyntheticRecord) -> Void
    ) throws -> MentionStream {
        var stream = try MentionStream(parameters)
        var decoder = MentionDecoder()
        var payload: [UInt8] = []
        while let record = stream.next(into: &payload) {
            guard record.kind == .mention else { continue }
            var arena = ByteArena()
            let event = try decoder.decode(payload.span, recordTimestamp: record.timestamp, into: &arena)
            body(MentionRecord(event, in: arena), record)
        }
        return stream
    }

    private static func key(_ plant: Plant, in stream: MentionStream) -> String {
        let author = stream.authors.plants.first + plant.index
        var bytes = Array("\(stream.authors.source(author).name) ".utf8)
        stream.authors.appendKey(author, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func theManifestTellsWhatEachPlantDid() throws {
        var found: [String: Found] = [:]
        let stream = try Self.read(Self.parameters()) { record, _ in
            let key = "\(record.source) \(record.authorID ?? record.authorHandle ?? "")"
            found[key, default: Found()].mentions += 1
            if record.inReplyTo != nil { found[key]?.answers += 1 }
            if record.repostOf != nil { found[key]?.reposts += 1 }
            found[key]?.texts.insert(record.text)
            found[key]?.days.insert(record.publishedAt.day)
        }
        #expect(stream.plantRecords.count == 40)
        for index in stream.plantRecords.indices {
            let plant = stream.authors.plants[index]
            let told = stream.plantRecords[index]
            let seen = found[Self.key(plant, in: stream), default: Found()]
            #expect(told.mentions == seen.mentions && told.mentions > 0, "\(plant)")
            #expect(told.mentions == told.positive + told.neutral + told.negative)
            #expect(told.answers + told.mateAnswers == seen.answers)
            #expect(told.mateReposts == seen.reposts)
            let profile = stream.parameters.plants[plant.kind]
            #expect(seen.days.count <= profile.days + 2)
            // All are written, but for the last of those that are active to the end.
            #expect(told.mentions <= stream.authors.plants.mentions(plant))
            #expect(told.mentions >= stream.authors.plants.mentions(plant) * 3 / 4)
        }
        let json = String(decoding: stream.manifestJSON(), as: UTF8.self)
        #expect(json.contains("\"kind\":\"sock_puppet\",\"ring\":1,\"master\":true,\"mentions\":"))
        #expect(json.contains("\"plants\":{\"advocate\":{\"authors\":8,\"mentions\":"))
    }

    @Test func kindsDifferAsTheyAreMeantTo() throws {
        let stream = try Self.read(Self.parameters()) { _, _ in }
        func sums(_ kind: PlantKind) -> PlantRecord {
            var sum = PlantRecord()
            for index in stream.plantRecords.indices where stream.authors.plants[index].kind == kind {
                let record = stream.plantRecords[index]
                sum.mentions += record.mentions
                sum.positive += record.positive
                sum.negative += record.negative
                sum.answers += record.answers
                sum.defences += record.defences
                sum.links += record.links
                sum.mateAnswers += record.mateAnswers + record.mateReposts
                sum.repliesGot += record.repliesGot + record.repostsGot
            }
            return sum
        }
        let advocates = sums(.advocate)
        #expect(advocates.positive * 10 > advocates.mentions * 8 && advocates.answers > 0 && advocates.defences > 0)
        #expect(advocates.repliesGot * 10 > advocates.mentions * 8)
        let critics = sums(.critic)
        #expect(critics.negative * 10 > critics.mentions * 8 && critics.defences > 0)
        let bots = sums(.bot)
        #expect(bots.mentions > 3 * advocates.mentions && bots.repliesGot * 10 < bots.mentions && bots.answers == 0)
        let promoters = sums(.selfPromoter)
        #expect(promoters.links * 10 > promoters.mentions * 6)
        let puppets = sums(.sockPuppet)
        #expect(puppets.mateAnswers * 3 > puppets.mentions)
    }

    /// The test of a score would else measure the classifier.
    @Test func theShippedModelReadsPlantsAsTheyAreMeant() throws {
        let classifier = TrainedClassifier(model: try ShippedModel.load())
        let parameters = Self.parameters()
        var rights = [Int](repeating: 0, count: PlantKind.allCases.count)
        var wrongs = rights
        var kinds: [String: PlantKind] = [:]
        let catalogue = try MentionStream(parameters)
        for index in catalogue.plantRecords.indices {
            let plant = catalogue.authors.plants[index]
            kinds[Self.key(plant, in: catalogue)] = plant.kind
        }
        _ = try Self.read(parameters) { record, _ in
            let key = "\(record.source) \(record.authorID ?? record.authorHandle ?? "")"
            guard let kind = kinds[key] else { return }
            let sentiment = classifier.classify(Array(record.text.utf8).span, language: nil).sentiment
            if sentiment == (kind == .critic ? .negative : .positive) {
                rights[kind.rawValue] += 1
            } else if sentiment == (kind == .critic ? .positive : .negative) {
                wrongs[kind.rawValue] += 1
            }
        }
        for kind in PlantKind.allCases {
            let (right, wrong) = (rights[kind.rawValue], wrongs[kind.rawValue])
            #expect(right > 7 * wrong, "\(kind): \(right) right, \(wrong) wrong")
        }
    }

    @Test func theSameSeedGivesTheSamePlants() throws {
        func bytes(_ parameters: StreamParameters) throws -> UInt64 {
            var stream = try MentionStream(parameters)
            var payload: [UInt8] = []
            var hash = XXH64.Stream(seed: 0)
            while stream.next(into: &payload) != nil { hash.update(payload.span) }
            hash.update(stream.manifestJSON().span)
            return hash.finish()
        }
        let first = try bytes(Self.parameters())
        #expect(try bytes(Self.parameters()) == first)
        #expect(try bytes(Self.parameters(seed: 6)) != first)
    }

    @Test func ringsAndBrandsAreLaidOutWithoutGaps() throws {
        var parameters = StreamParameters(seed: 1, count: 20_000)
        parameters.brands = 3
        parameters.plants.brand = nil
        parameters.plants[number: .sockPuppet] = 5
        parameters.plants[number: .advocate] = 2
        parameters.plants[.sockPuppet].ring = 2
        let plants = try MentionStream(parameters).authors.plants
        #expect(plants.count == 21)
        let puppets = (6..<21).map { plants[$0] }
        #expect((0..<6).allSatisfy { plants[$0].kind == .advocate && plants[$0].brand == $0 / 2 })
        #expect(puppets.map(\.brand) == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
        #expect(puppets.map(\.ring) == [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 6, 7, 7, 8])
        #expect(puppets.map(\.master) == [6, 6, 8, 8, 10, 11, 11, 13, 13, 15, 16, 16, 18, 18, 20])
        #expect(puppets.map(\.ringSize) == [2, 2, 2, 2, 1, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1])
        #expect(plants.plant(ofAuthor: plants.first - 1) == nil && plants.plant(ofAuthor: plants.first + 21) == nil)
    }

    @Test func scheduleGivesEventsInOrder() {
        var schedule = PlantSchedule()
        var random = SeededRandom(seed: 3)
        for plant in 0..<500 {
            schedule.push(PlantSchedule.Event(due: Int64(random.below(100)), plant: plant, mention: nil))
        }
        var taken: [PlantSchedule.Event] = []
        while let event = schedule.pop(at: 49) { taken.append(event) }
        #expect(taken == taken.sorted() && taken.allSatisfy { $0.due <= 49 })
        while let event = schedule.pop(at: .max) { taken.append(event) }
        #expect(taken.count == 500 && taken == taken.sorted() && schedule.isEmpty)
    }

    @Test func whatIsOutOfRangeIsRefused() throws {
        var profile = PlantProfile(.bot)
        let before = profile
        for (key, value) in [
            ("days", "0"), ("texts", "poems"), ("praise", "1.1"), ("ring", "x"), ("likes", "nan"), ("hour", "day"),
            ("followers", "-1"), ("engagement", "1e300"),
        ] {
            let isSet = profile.set(key, to: value)
            #expect(!isSet, "\(key)")
        }
        #expect(profile == before)
        for (key, value) in [("mentions-a-day", "0.5"), ("hours", "night"), ("texts", "copied")] {
            let isSet = profile.set(key, to: value)
            #expect(isSet, "\(key)")
        }
        #expect(profile.mentionsADay == 500 && profile.hours == .night && profile.texts == .copied)
        for change: (inout StreamParameters) -> Void in [
            { $0.plants.brand = 50 }, { $0.plants[number: .bot] = -1 }, { $0.plants[number: .bot] = 1_000 },
            { $0.plants[number: .critic] = 1_000_001 },
        ] {
            var parameters = StreamParameters(seed: 1, count: 10_000)
            change(&parameters)
            #expect(throws: StreamParameterError.self) { try MentionStream(parameters) }
        }
    }
}
