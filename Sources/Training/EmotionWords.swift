/// Words that show an emotion, or tell of it, by class: written for this project by hand.
enum EmotionWords {
    /// The classes, in the order of their bits.
    static let classes = ["anger", "joy", "sadness", "optimism", "fear"]

    /// Bits of classes by word.
    static let byWord: [[UInt8]: UInt8] = {
        var bits: [[UInt8]: UInt8] = [:]
        for line in lists.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let head = words.first, let place = classes.firstIndex(of: String(head)) else { continue }
            for word in words.dropFirst() { bits[Array(word.utf8), default: 0] |= 1 << UInt8(place) }
        }
        return bits
    }()

    private static let lists = """
        anger anger angry angrier angriest angrily angered angers angering mad madder maddest maddening furious
        anger furiously fury fuming fume fumes livid irate rage rages raged raging enraged enrage outrage outraged
        anger outrageous outrages wrath wrathful seething seethe seethes incensed infuriate infuriated infuriates
        anger infuriating hostile hostility hate hates hated hating hatred hateful haters hater resent resents
        anger resented resentment resentful bitter bitterly bitterness grudge grudges spite spiteful vengeance
        anger revenge vengeful vindictive annoy annoyed annoys annoying annoyance annoyingly irritate irritated
        anger irritates irritating irritation irritable frustrate frustrated frustrates frustrating frustration
        anger aggravate aggravated aggravating exasperated exasperating exasperation agitated agitation provoke
        anger provoked provoking provocation offend offended offends offending offense indignant indignation temper
        anger tantrum tantrums cross cranky grumpy moody snap snapped snappy rant ranting rants yelling yell yelled
        anger scream screaming screamed shout shouting shouted bully bullying bullied bullies burn boiling boil boils
        anger pissed piss pissing ticked bastard bastards idiot idiots idiotic moron morons stupid stupidity
        anger ridiculous disgrace disgraceful disgusting disgust disgusted scum trash liar liars lying unacceptable
        anger unbelievable shocking appalling wtf smfh fuck fucking fucked fuckers bitch bitches asshole assholes
        anger arsehole twat wanker cunt dickhead prick damn dammit goddamn bullshit shitty insult insulted insulting
        anger threat threaten threatening attack attacked attacking fight fighting fights violent violence terrorism
        anger terrorist terror bombing abuse abusive abused horrible sting huff sulk growl snarl sneer scorn contempt
        anger loathe loathing loathed detest despise despicable abhor repulsive revolting vile fierce madness rabid
        anger storming fiery roar roaring wreck ruined ruin ruins scold scolded provoker hell outlash lashing lash
        anger miffed peeved irked irk irks vexed riled tiff feud displeased displeasure antagonise antagonize
        anger antagonism inflamed blame blaming blamed injustice unfair rude rudeness disrespect disrespectful
        anger disrespected
        joy joy joyful joyfully joyous joyfulness happy happier happiest happily happiness glad gladly gladness
        joy delight delighted delightful delights delightfully elated elation ecstatic ecstasy euphoric euphoria
        joy bliss blissful cheer cheers cheerful cheery cheering cheerfully jolly merry merriment mirth gleeful glee
        joy gleesome laugh laughs laughed laughing laughter lol lmao lmfao hilarious hilarity funny giggle giggles
        joy giggling smile smiles smiled smiling smiley grin grinning amuse amused amusing amusement fun enjoy enjoys
        joy enjoyed enjoying enjoyable enjoyment excited exciting excitement thrilled thrilling exhilarating
        joy exhilaration exhilarated rejoice rejoicing jubilant jubilation celebrate celebrating celebration
        joy celebrated party festive love loved loves loving lovely adore adorable beautiful gorgeous amazing awesome
        joy fantastic wonderful brilliant great excellent fabulous lively sparkling sparkle breezy playful play dance
        joy dancing pleasing pleased pleasure pleasant animated vivacious radiant shine shining sunshine sunny yay
        joy woohoo wahoo hooray hurrah haha hahaha hahahaha blessed blessing blessings lucky birthday christmas
        joy holiday win won winner winning congrats congratulations thank thanks thankful grateful gratitude optimism
        joy heart kiss hug hugs cuddle sweet yummy delicious fab superb epic sublime cute rejoiced gaiety jovial
        joy blithe buoyant jocular hilariously lighthearted delighting exultant exuberant chuckle chuckled chuckles
        joy comedy comedian laughable beaming gratify gratified satisfying satisfied content contentment musically
        joy music sing singing levity whee
        sadness sad sadder saddest sadly sadness saddened saddening unhappy unhappiness sorrow sorrowful grief grieve
        sadness grieving grieved mourn mourning mourns mourned weep weeping wept cry crying cried cries tears tear
        sadness teary sob sobbing sobs sobbed depress depressed depressing depression depressive misery miserable
        sadness miserably gloom gloomy gloomily glum melancholy melancholic despair desperate despairing despondent
        sadness hopeless hopelessness helpless dejected dismal dreary dreadful dull dark darkness bleak blue blues
        sadness down downcast downhearted low lonely loneliness alone lonesome isolated heartbroken heartbreaking
        sadness heartbreak heartbroke brokenhearted broken broke devastated devastating devastation disheartened
        sadness disheartening discouraged discouraging disappoint disappointed disappointing disappointment lost lose
        sadness losing loss losses miss missed missing regret regrets regretted rejected rejection abandoned unloved
        sadness unwanted worthless pointless useless empty emptiness numb hurt hurts hurting pain painful ache aching
        sadness wound wounded suffer suffering suffered die died dies dying death dead funeral grave passed rip
        sadness tragic tragedy tragically sick ill illness unwell tired exhausted exhausting drained insomnia
        sadness sleepless anxiety anxious worry worried stressed stress suicidal suicide cancer pity pathetic sigh
        sadness sighs solemn somber sombre sober serious frown frowning pout pouting sulking sullen mope moping
        sadness wistful homesick nostalgic goodbye farewell shame ashamed guilt guilty bad awful terrible worse worst
        sadness unfortunate unfortunately rainy grim anguish agony distraught inconsolable crushed shattered defeated
        sadness forlorn woe woeful woes lament laments lamenting dispirited dispiriting joyless cheerless unhappily
        sadness weary wary pessimism pessimistic gutted bummer bummed cant
        optimism optimism optimistic optimist hope hopes hoped hopeful hopefully hoping confident confidence
        optimism confidently positive positivity positively believe believes believing belief faith trust trusting
        optimism courage courageous brave bravery strength strong stronger persevere perseverance persist persistence
        optimism determination determined resilience resilient inspire inspired inspires inspiring inspiration
        optimism inspirational motivate motivated motivation motivational motivates encourage encouraged encouraging
        optimism encouragement empower empowered empowering succeed success successful dream dreams dreaming goal
        optimism goals achieve achieved achieving achievement ambition ambitious opportunity opportunities future
        optimism tomorrow grow growth growing progress improve improving learn learning better best overcome
        optimism overcoming rise rising never worry fear fearless fearlessly conquer journey path forward purpose
        optimism possible possibilities potential gratitude grateful mindful mindfulness wisdom wise heal healing
        optimism recover recovery peace peaceful calm serenity patience patient pray prayer prayers god lord jesus
        optimism bless soul spirit leadership leader challenge challenges embrace embracing start begin beginning
        optimism beginnings new life live living happiness choose quote quotes quoteoftheday lifequotes mindset
        optimism worrying worries focus bright brighter light try trying effort work hard luck sunrise eager looking
        optimism ready promising assured reassuring uplifting upbeat heartening
        fear fear fears feared fearful afraid scared scare scary scares terrified terrifying terror horror horrors
        fear horrific horrified horrifying panic panicking panicked anxiety anxious nervous nervously nervousness
        fear worry worried worrying worries dread dreading dreaded frightened fright frightening frightful creepy
        fear shaking shake shiver shivers trembling nightmare nightmares alarm alarmed alarming intimidate
        fear intimidated intimidating awe startled startle phobia haunted timid shy hesitate apprehensive
        fear apprehension unsettled uneasy
        """
}
