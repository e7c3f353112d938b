/// How planted authors come to write, and others to answer them.
extension MentionStream {
    /// Makes the mention that is due, if one is; a quarter of the new mentions is left to the other authors, however
    /// much is due.
    mutating func composePlant(_ mention: inout SyntheticMention, _ now: Int64) -> Bool {
        guard !plantSchedule.isEmpty, random.below(4) != 0, let event = plantSchedule.pop(at: now) else { return false }
        let plant = authors.plants[event.plant]
        guard let number = event.mention else { return composeEngagement(&mention, now, with: plant) }
        if number + 1 < authors.plants.mentions(plant) {
            let due = authors.plants.due(plant, mention: number + 1)
            plantSchedule.push(PlantSchedule.Event(due: due, plant: plant.index, mention: number + 1))
        }
        compose(&mention, now, by: plant, number)
        plantRecords[plant.index].count(mention)
        planEngagement(with: plant, now)
        return true
    }

    private mutating func compose(_ mention: inout SyntheticMention, _ now: Int64, by plant: Plant, _ number: Int) {
        let profile = parameters.plants[plant.kind]
        let typical: Feeling = plant.kind == .critic ? .negative : .positive
        let opposite: Feeling = plant.kind == .critic ? .positive : .negative
        let feeling =
            random.chance(perMillion: profile.praise) ? typical : random.below(4) == 0 ? opposite : Feeling.neutral
        let wantsMates = plant.ringSize > 1 && random.chance(perMillion: profile.mates)
        if wantsMates, composeForMate(&mention, now, by: plant, feeling) { return }
        let wantsAnswer = random.chance(perMillion: profile.answers)
        // Most come to the defence, the others join in.
        let sought: Feeling? = random.below(5) < 3 ? opposite : nil
        if wantsAnswer, let slot = parent(about: plant.brand, sought, for: first(plant)) {
            let isDefence = window[slot].feeling == opposite && feeling == typical
            let parent = (window[slot].identity, window[slot].conversation, window[slot].author)
            begin(&mention, now, author: first(plant), after: window[slot].publishedAt)
            finish(&mention, plant, feeling)
            answer(&mention, parent.0, parent.1, parent.2)
            plantRecords[plant.index].answers += 1
            if isDefence { plantRecords[plant.index].defences += 1 }
            return
        }
        begin(&mention, now, author: first(plant), after: .min / 2)
        finish(&mention, plant, feeling)
        mention.namesBrand = random.chance(perMillion: parameters.namedBrand)
        appendText(&mention, plant, number)
        guard random.chance(perMillion: profile.links) else { return }
        composer.appendPromotion(of: mention.author, to: &mention.text, &random)
        plantRecords[plant.index].links += 1
    }

    private func first(_ plant: Plant) -> Int { authors.plants.first + plant.index }

    /// What is the same for all that it writes.
    private mutating func finish(_ mention: inout SyntheticMention, _ plant: Plant, _ feeling: Feeling) {
        mention.feeling = feeling
        mention.brand = plant.brand
        let profile = parameters.plants[plant.kind]
        let mean = plant.index == plant.master ? profile.likes : profile.likes / 10
        mention.likes = UInt32(truncatingIfNeeded: random.below(2 * mean + 1))
        mention.reposts = mention.likes / 7
        mention.replies = mention.likes / 11
    }

    private mutating func answer(
        _ mention: inout SyntheticMention,
        _ parent: Identity,
        _ conversation: Identity?,
        _ author: Int
    ) {
        mention.inReplyTo = parent
        mention.conversation = conversation ?? parent
        mention.namesBrand = random.chance(perMillion: parameters.namedBrand)
        composer.appendPlantReply(mention, to: author, into: &mention.text, &random)
        manifest.replies += 1
    }

    /// An answer to or a repost of the latest mention of another of the ring; false where there is none yet.
    private mutating func composeForMate(
        _ mention: inout SyntheticMention,
        _ now: Int64,
        by plant: Plant,
        _ feeling: Feeling
    ) -> Bool {
        // Half of it is for the first author.
        let chosen = random.below(2) == 0 ? 0 : random.below(plant.ringSize)
        let mate = plant.master + chosen
        guard mate != plant.index, let latest = plantRecords[mate].latest else { return false }
        begin(&mention, now, author: first(plant), after: latest.publishedAt)
        finish(&mention, plant, feeling)
        if mention.identity.source.hasReposts, random.below(2) == 0 {
            passOn(&mention, latest)
            plantRecords[plant.index].mateReposts += 1
        } else {
            answer(&mention, latest.identity, latest.conversation, latest.author)
            plantRecords[plant.index].mateAnswers += 1
        }
        return true
    }

    private mutating func passOn(_ mention: inout SyntheticMention, _ original: SyntheticMention) {
        mention.repostOf = original.identity
        mention.language = original.language
        mention.feeling = original.feeling
        mention.brand = original.brand
        mention.otherBrand = original.otherBrand
        mention.namesBrand = original.namesBrand
        if mention.identity.source == .twitter {
            mention.text.append("RT @")
            authors.appendHandle(original.author, to: &mention.text)
            mention.text.append(": ")
        }
        mention.text.append(contentsOf: original.text)
        manifest.reposts += 1
    }

    /// A mention of the brand by somebody else on the author's source, from a recent one backwards.
    private mutating func parent(about brand: Int, _ feeling: Feeling?, for author: Int) -> Int? {
        guard newest >= 0 else { return nil }
        let source = authors.source(author)
        var slot = recentSlot()
        for _ in 0..<min(window.count, 2_048) {
            if window[slot].brand == brand, window[slot].identity.source == source, window[slot].repostOf == nil,
                window[slot].author != author, !window[slot].text.isEmpty,
                feeling == nil || window[slot].feeling == feeling
            {
                return slot
            }
            slot = slot > 0 ? slot - 1 : window.count - 1
        }
        return nil
    }

    // MARK: Texts

    private mutating func appendText(_ mention: inout SyntheticMention, _ plant: Plant, _ number: Int) {
        func fixed(_ choice: Int) -> SeededRandom {
            SeededRandom(seed: authors.plants.bits(plant.master, 0x7465_7874 &+ UInt64(truncatingIfNeeded: choice)))
        }
        switch parameters.plants[plant.kind].texts {
        case .own:
            composer.appendPost(mention, inText: true, to: &mention.text, &random)
        case .recombined:
            let sentences = 2 + random.below(2)
            for _ in 0..<sentences {
                if !mention.text.isEmpty { mention.text.append(0x20) }
                var source = fixed(random.below(8))
                composer.appendSentence(mention, to: &mention.text, &source)
            }
        case .identical:
            var source = fixed(0)
            composer.appendPost(mention, inText: true, to: &mention.text, &source)
        case .templates:
            var source = fixed(random.below(3))
            var text: [UInt8] = []
            composer.appendPost(mention, inText: true, atLeast: 60, to: &text, &source)
            switch random.below(4) {
            case 0: mention.text.append(contentsOf: text)
            case 1:
                mention.text.append(contentsOf: text)
                mention.text.append(0x20)
                mention.text.append(decimal: Int64(random.below(1_000)))
            default: composer.appendCopy(of: text, exact: false, into: &mention.text, &random)
            }
        case .varied, .copied:
            let exact = parameters.plants[plant.kind].texts == .copied
            var source = fixed(number / 2)
            guard plant.index != plant.master else {
                return composer.appendPost(mention, inText: true, atLeast: 150, to: &mention.text, &source)
            }
            var text: [UInt8] = []
            composer.appendPost(mention, inText: true, atLeast: 150, to: &text, &source)
            composer.appendCopy(of: text, exact: exact, into: &mention.text, &random)
        }
    }

    // MARK: What others do

    private mutating func planEngagement(with plant: Plant, _ now: Int64) {
        let mean = parameters.plants[plant.kind].engagement
        var times = mean / 1_000
        if random.below(1_000) < mean % 1_000 { times += 1 }
        for _ in 0..<times {
            let due = now + 60_000 + Int64(random.below(21_600_000))
            plantSchedule.push(PlantSchedule.Event(due: due, plant: plant.index, mention: nil))
        }
    }

    /// Somebody of the stream answers a planted author's latest mention or passes it on.
    private mutating func composeEngagement(_ mention: inout SyntheticMention, _ now: Int64, with plant: Plant) -> Bool
    {
        guard let latest = plantRecords[plant.index].latest else { return false }
        var author = authorRanks.draw(&random)
        var tries = 0
        while authors.source(author) != latest.identity.source, tries < 64 {
            author = authorRanks.draw(&random)
            tries += 1
        }
        guard authors.source(author) == latest.identity.source else { return false }
        begin(&mention, now, author: author, after: latest.publishedAt)
        if mention.identity.source.hasReposts, random.below(2) == 0 {
            passOn(&mention, latest)
            plantRecords[plant.index].repostsGot += 1
            return true
        }
        mention.feeling = random.below(10) < 6 ? latest.feeling : .neutral
        mention.inReplyTo = latest.identity
        mention.conversation = latest.conversation ?? latest.identity
        composer.appendReply(mention, to: latest.author, addressed: random.below(2) == 0, into: &mention.text, &random)
        manifest.replies += 1
        plantRecords[plant.index].repliesGot += 1
        return true
    }
}
