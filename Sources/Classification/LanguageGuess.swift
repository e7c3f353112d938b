/// Whether a text is English, from its letters and its small words: enough to say nothing of a text that the model
/// can't read. It does not name the other language.
enum LanguageGuess {
    /// The small words of English and of other languages.
    static var words: [(Substring, WordSide)] {
        [(english, WordSide.english), (foreign, .foreign)].flatMap { words, side in
            words.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { ($0, side) }
        }
    }

    /// Whether a tag of BCP 47 has the primary subtag `en`; nil for an empty tag and for `und`, which say nothing.
    static func isEnglish(tag: Span<UInt8>) -> Bool? {
        if tag.isEmpty { return nil }
        var length = 0
        while length < tag.count, tag[length] != 0x2D, tag[length] != 0x5F { length += 1 }
        if length == 3, tag[0] | 0x20 == 0x75, tag[1] | 0x20 == 0x6E, tag[2] | 0x20 == 0x64 { return nil }
        guard length == 2 else { return false }
        return tag[0] | 0x20 == 0x65 && tag[1] | 0x20 == 0x6E
    }

    /// Whether the letters are mostly of another script than Latin: no tag makes such a text readable.
    static func isOtherScript(_ counts: TextCounts) -> Bool { counts.otherLetters > counts.latinLetters }

    /// Whether the words look like those of another language. `known` is how many of them the model has rows for.
    static func isForeign(_ text: borrowing TextScratch, known: Int32) -> Bool {
        let english = Int32(truncatingIfNeeded: text.sides)
        let foreign = Int32(truncatingIfNeeded: text.sides >> 32)
        let words = text.counts.words
        // Letters that English has not count for a foreign word a piece, three at most: names have them too.
        let letters = min(text.counts.foreignLetters, 3)
        if foreign >= 2, foreign > english { return true }
        if foreign >= 1, foreign + letters >= 3, foreign + letters > english { return true }
        // No small word of either, and most words unknown: not a text that the model has learned to read.
        return english == 0 && words >= 4 && (known + known < words || (foreign >= 1 && known * 3 < words * 2))
    }

    private static let english = """
        the and you that was for are with his they this have from had but what were when your can said there use an each \
        which she how their if will up other about out many then them these some her would make like him into time has \
        look two more write see number way could people my than first water been call who its now find long down day did \
        get come made may part over new after just also very much know think because good want give most us our is it be \
        at of to in i'm it's don't can't i'll you're that's what's didn't i've he's she's we're isn't doesn't won't not
        """

    private static let foreign = """
        que los las por para como pero muy este esta esto todo todos porque cuando donde quien hasta desde ella \
        ellos nosotros hola gracias bueno buena mejor hoy ayer siempre nunca tengo tiene estoy eres soy fue estar \
        hacer nada algo del les sobre entre hace vamos quiero puede ahora est des une dans pas avec qui vous nous \
        ils elle elles donc cette ces tes votre leur je suis sont avoir etre fait faire tout tous tres merci bonjour \
        aujourd'hui c'est j'ai n'est d'un d'une qu'il l'on jamais aussi encore moins chez voici voila alors quand \
        der und ist nicht ich sie wir ihr ein eine einen einem einer mit auf von zu dem auch sich aber oder wenn \
        dann nur noch schon sehr mehr habe haben wird werden kann konnen muss wie wer wo warum heute morgen immer \
        danke mein dein sein unser kein keine nach bei aus uber unter vor uma nao com voce voces eu ele ela eles \
        elas isso esse essa muito bom boa obrigado obrigada hoje ontem sempre agora aqui tudo fazer tenho estou vai \
        vou pra meu minha seu sua quem che non gli un uno della delle degli nel nella sono siamo hanno hai questo \
        questa questi quello molto buono grazie ciao oggi ieri domani anche ancora perche quando cosa tutto tutti \
        mio het een ik jij hij zij wij niet voor dat deze maar ook nog geen naar bij heb hebt heeft hebben zijn moet \
        zal goed vandaag mooi veel meer mijn jouw yang ini itu dengan untuk tidak dari aku kamu saya ada bisa akan \
        juga sudah belum lagi mau kalau karena siapa gak nggak banget tapi kita kami mereka udah jadi orang hari \
        selamat terima kasih bir bu icin cok var yok siz onlar ama daha gibi kadar sonra once simdi degil guzel iyi \
        nie jest na ze jak ale czy dla mnie mam jestem jego tylko juz bardzo dobrze dziekuje och att det som jag \
        inte med ett han hon mycket tack og ikke til jeg ng mga ako ikaw siya tayo sila hindi naman opo kasi yung
        """
}
