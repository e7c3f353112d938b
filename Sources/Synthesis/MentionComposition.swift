/// How new mentions come to be.
extension MentionStream {
    mutating func compose(_ mention: inout SyntheticMention, _ now: Int64) {
        if composePlant(&mention, now) { return }
        let draw = random.below(1_000_000)
        let replyEnd = parameters.replies
        let repostEnd = replyEnd + parameters.reposts
        let copyEnd = repostEnd + parameters.copies
        let plantedEnd = copyEnd + parameters.planted
        if draw < replyEnd {
            let author = authorRanks.draw(&random)
            if !composeReply(&mention, now, author: author) { composePost(&mention, now, author: author) }
            return
        }
        if draw >= replyEnd, draw < repostEnd { return composeRepost(&mention, now) }
        if draw >= repostEnd, draw < copyEnd, composeCopy(&mention, now) { return }
        if draw >= plantedEnd, draw < plantedEnd + parameters.ownAccounts, composeAnswer(&mention, now) { return }
        if draw >= copyEnd, draw < plantedEnd {
            composePlanted(&mention, now)
        } else {
            composePost(&mention, now, author: authorRanks.draw(&random))
        }
    }

    mutating func begin(_ mention: inout SyntheticMention, _ now: Int64, author: Int, after earliest: Int64) {
        mention.author = author
        mention.language = authors.language(author)
        mention.identity = Identity(source: authors.source(author), number: UInt64(emitted), milliseconds: now)
        mention.publishedAt = max(now + jitter(), earliest + 1_000)
        // The record's timestamp is never more than 4 s and the jitter behind what it carries.
        mention.publishedAt = min(mention.publishedAt, now + parameters.jitterMilliseconds + 4_000)
        if random.below(4) == 0 {
            mention.likes = UInt32(truncatingIfNeeded: random.below(random.below(300) + 1))
            mention.reposts = mention.likes / 7
            mention.replies = mention.likes / 11
        }
    }

    private mutating func drawFeeling() -> Feeling {
        switch random.below(100) {
        case ..<35: .positive
        case ..<60: .negative
        default: .neutral
        }
    }

    private mutating func composePost(_ mention: inout SyntheticMention, _ now: Int64, author: Int) {
        begin(&mention, now, author: author, after: .min / 2)
        mention.feeling = drawFeeling()
        let draw = random.below(1_000_000)
        mention.namesBrand = draw < parameters.namedBrand
        let isAboutBrand = draw < parameters.namedBrand + parameters.brandInText
        if isAboutBrand { drawBrands(&mention) }
        let inText = isAboutBrand && (!mention.namesBrand || random.below(2) == 0)
        composer.appendPost(mention, inText: inText, to: &mention.text, &random)
    }

    private mutating func drawBrands(_ mention: inout SyntheticMention) {
        mention.brand = brandRanks.draw(&random)
        guard random.chance(perMillion: parameters.secondBrand) else { return }
        let other = brandRanks.draw(&random)
        if other != mention.brand { mention.otherBrand = other }
    }

    private mutating func composePlanted(_ mention: inout SyntheticMention, _ now: Int64) {
        let perBrand = parameters.advocatesPerBrand + parameters.criticsPerBrand
        guard perBrand > 0 else { return composePost(&mention, now, author: authorRanks.draw(&random)) }
        let brand = brandRanks.draw(&random)
        let position = random.below(perBrand)
        begin(&mention, now, author: authors.planted(brand: brand, position: position), after: .min / 2)
        let typical: Feeling = position < parameters.advocatesPerBrand ? .positive : .negative
        mention.feeling = random.below(100) < 95 ? typical : .neutral
        mention.brand = brand
        mention.namesBrand = random.chance(perMillion: parameters.namedBrand)
        composer.appendPost(mention, inText: true, to: &mention.text, &random)
    }

    /// An earlier mention on the author's source that is no repost; nil when a few tries find none. None of a planted
    /// author's: those get what they are meant to get.
    private mutating func parent(on source: Source) -> Int? {
        guard newest >= 0 else { return nil }
        for _ in 0..<12 {
            let slot = recentSlot()
            // The slot of the mention that is being made may hold an old one that is about to go.
            if window[slot].identity.source == source, window[slot].repostOf == nil, !window[slot].text.isEmpty,
                window[slot].author < authors.plants.first
            {
                return slot
            }
        }
        return nil
    }

    private mutating func composeReply(_ mention: inout SyntheticMention, _ now: Int64, author: Int) -> Bool {
        guard let slot = parent(on: authors.source(author)) else { return false }
        let parentAuthor = window[slot].author
        begin(&mention, now, author: author, after: window[slot].publishedAt)
        mention.feeling = drawFeeling()
        mention.inReplyTo = window[slot].identity
        mention.conversation = window[slot].conversation ?? window[slot].identity
        let addressed = random.below(2) == 0
        if authors.brand(ofOwnAccount: author) != nil {
            mention.feeling = .neutral
        } else if let brand = authors.brand(ofOwnAccount: parentAuthor), addressed {
            // The handle of a brand's account in the text is a mention of the brand.
            mention.brand = brand
        }
        composer.appendReply(mention, to: parentAuthor, addressed: addressed, into: &mention.text, &random)
        manifest.replies += 1
        return true
    }

    /// A brand's own account answers somebody; its events name the brand.
    private mutating func composeAnswer(_ mention: inout SyntheticMention, _ now: Int64) -> Bool {
        let brand = brandRanks.draw(&random)
        guard composeReply(&mention, now, author: authors.ownAccount(brand: brand)) else { return false }
        mention.brand = brand
        mention.namesBrand = true
        return true
    }

    private mutating func composeRepost(_ mention: inout SyntheticMention, _ now: Int64) {
        let author = authorRanks.draw(&random)
        guard authors.source(author).hasReposts, let slot = parent(on: authors.source(author)) else {
            // By the same author: drawing another would shift the shares of the sources.
            return composePost(&mention, now, author: author)
        }
        begin(&mention, now, author: author, after: window[slot].publishedAt)
        mention.repostOf = window[slot].identity
        mention.language = window[slot].language
        inherit(from: slot, &mention)
        if mention.identity.source == .twitter {
            mention.text.append("RT @")
            authors.appendHandle(window[slot].author, to: &mention.text)
            mention.text.append(": ")
        }
        mention.text.append(contentsOf: window[slot].text)
        // The handle in front of a post of a brand's own account names the same brand that its event names.
        manifest.reposts += 1
    }

    private mutating func composeCopy(_ mention: inout SyntheticMention, _ now: Int64) -> Bool {
        guard newest >= 0 else { return false }
        let exact = random.below(2) == 0
        // Near copies need length: one word more must leave the texts alike.
        let least = exact ? 40 : 140
        for _ in 0..<12 {
            let slot = recentSlot()
            guard window[slot].repostOf == nil, window[slot].text.count >= least else { continue }
            begin(&mention, now, author: authorRanks.draw(&random), after: window[slot].publishedAt)
            mention.language = window[slot].language
            inherit(from: slot, &mention)
            composer.appendCopy(of: window[slot].text, exact: exact, into: &mention.text, &random)
            if exact { manifest.exactCopies += 1 } else { manifest.nearCopies += 1 }
            lastCopyOf = window[slot].identity
            return true
        }
        return false
    }

    private func inherit(from slot: Int, _ mention: inout SyntheticMention) {
        mention.feeling = window[slot].feeling
        mention.brand = window[slot].brand
        mention.otherBrand = window[slot].otherBrand
        mention.namesBrand = window[slot].namesBrand
    }
}
