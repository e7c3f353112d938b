/// Templates that only planted authors use, English, written for this generator.
extension Vocabulary {
    /// Praise as an answer to somebody.
    static let englishDefences = [
        "I have used {B} for {#} months and the {noun} is {adv} {posadj}, give it another try",
        "Sorry to hear that. My {noun} from {B} has been {posadj} since {time}",
        "That is not what I see: {B} fixed it for {who} in {#} days, {posadj} people",
        "{B} helped {who} with the very same {noun} {time}, ask them, they are {posadj}",
        "I still {love} {B}, and the {noun} got {adv} {posadj} {time}",
        "Agreed, {who} and I {love} the {noun} of {B} too",
        "Same here, {B} has been {posadj} for {who} in {place}",
        "Try the {noun} again, {B} made it {posadj} {time}. I {love} it",
        "In {place} the {noun} of {B} works {adv} well, {posadj}",
        "Thank {B} for that, their {noun} is {posadj} and so is the {noun}",
    ]

    /// A complaint as an answer to somebody.
    static let englishAttacks = [
        "I had {B} for {#} months and the {noun} was {adv} {negadj}, stay away",
        "Lucky you. My {noun} from {B} has been {negadj} since {time}",
        "That is not what I see: {B} let {who} wait {#} days, {negadj} people",
        "{B} did the very same to {who} {time}, the {noun} is {negadj}",
        "I {hate} {B} by now, and the {noun} got {adv} {negadj} {time}",
        "Agreed, {who} and I {hate} the {noun} of {B} too",
        "Same problem here, {B} has been {negadj} for {who} in {place}",
        "Wait for {#} days and you will see how {negadj} the {noun} of {B} is",
        "In {place} the {noun} of {B} failed again, {negadj}",
        "Don't trust {B}, their {noun} is {negadj} and so is the {noun}",
    ]

    /// What somebody adds who has something to sell; a code and a link follow.
    static let englishPromotions = [
        "Check my channel for the full review!", "Link in bio, subscribe for more.", "My full test of it is on my blog.",
        "DM me for {#} percent off.", "Follow me for a giveaway {time}.", "Get yours with my discount:",
        "I made a video on the {noun}, like and share!", "Sign up over my link and we both get {#} points.",
    ]
}
