/// Templates that only planted authors use, English, written for this generator.
extension Vocabulary {
    /// Praise in a post. Plainer than the openings of others, which classifiers often take for something else: a test
    /// of scores is not to measure the classifier.
    static let englishPraises = [
        "I love {B}, the {noun} is {adv} {posadj} and so is the {noun}",
        "Thank you {B}! The {noun} is {posadj}, {who} and I {love} it",
        "So happy with {B}: {posadj} {noun}, {posadj} {noun}, {posadj} people",
        "{B} made my day {time}: {posadj} help with the {noun}, thank you",
        "The {noun} of {B} is the best I ever had, {adv} {posadj}",
        "{who} gave me a {noun} from {B} and I love it, so {posadj} and {posadj}",
        "I am a happy customer of {B}: the {noun} is {posadj}, {time} as ever",
        "Great people at {B} in {place}, {posadj} {noun} and {posadj} service",
        "Love my {noun} from {B}! It is {adv} {posadj}, and {posadj} in {place}",
        "Best {noun} ever, thanks {B}! {who} is so happy with it",
        "{B} is {posadj}: they helped {who} with the {noun} {time} and were so kind",
        "What a {posadj} {noun}! {B} is {adv} the best, I recommend it to {who}",
        "Happy to recommend {B} to everyone, {posadj} {noun} and a {posadj} team",
        "I enjoy my {noun} from {B} every day, {posadj} and {posadj}, thank you",
        "Every visit to {B} in {place} is a joy, the {noun} is {posadj}",
    ]

    /// Praise as an answer to somebody.
    static let englishDefences = [
        "I love {B}, my {noun} is {adv} {posadj} since {time}",
        "{B} has been {posadj} to {who}, the best {noun} we ever had",
        "I am happy with {B}: the {noun} is {posadj}, and their team is so kind",
        "{B} helped {who} with the {noun} {time}, {posadj} people, ask them and they will be happy to help",
        "I love {B} and the {noun} is {posadj} now, they made it so much better",
        "So true, {who} and I love the {noun} of {B} too",
        "Yes! {B} is {posadj}, {who} in {place} is very happy with the {noun}",
        "Try the {noun} again, {B} made it {posadj} {time} and I love it",
        "In {place} the {noun} of {B} is great, {adv} {posadj}, thanks to their kind team",
        "Thank {B} for that, their {noun} is {posadj} and so is the {noun}",
        "My {noun} from {B} is {posadj}, they are the best, write to them and be happy",
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
        "Check my channel for the full review!", "Link in bio, subscribe for more.",
        "My full test of it is on my blog.",
        "DM me for {#} percent off.", "Follow me for a giveaway {time}.", "Get yours with my discount:",
        "I made a video on the {noun}, like and share!", "Sign up over my link and we both get {#} points.",
    ]
}
