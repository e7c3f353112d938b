extension Lexicon {
    /// English words, spellings of the net and emoji, valued by hand for what people write of companies. One string,
    /// since a literal of many elements takes the compiler long.
    static let english = Lexicon(
        """
        not not never no none nobody nothing neither nor cannot without hardly barely scarcely rarely seldom cant dont
        not wont didnt doesnt isnt wasnt wouldnt couldnt shouldnt havent hasnt hadnt arent werent aint nope lacks lack
        very very really so extremely absolutely totally completely incredibly truly utterly highly super insanely
        very especially particularly seriously such too damn freaking fucking deeply hugely remarkably most entirely
        slightly slightly somewhat kinda sorta fairly rather almost partly mildly bit little occasionally less
        but but however although though except yet

        4 outstanding superb phenomenal flawless magnificent breathtaking masterpiece unbeatable love loved
        4 loves loving adore adored adores amazing awesome fantastic wonderful brilliant excellent perfect perfectly
        4 perfection incredible stunning exceptional marvelous marvellous spectacular extraordinary heavenly glorious
        3 great greatest best terrific fabulous delighted delightful delight delights thrilled ecstatic gorgeous
        3 beautiful beautifully happy happiest happily happiness joy joyful superior impressive impressed impresses
        3 lovely excited exciting excellence favorite favourite favorites faves fave awesomeness epic stellar blessed
        3 recommend recommended recommends recommending grateful thankful hero heroes win winner winning wins champion
        3 charming enjoy enjoyed enjoying enjoyable enjoys delicious tasty yummy yum elegant wow hilarious
        3 genius legend legendary remarkable exquisite rocks rocked congratulations congrats hooray yay woohoo cheers
        3 trustworthy unforgettable generous kindness gem treat thrilling inspiring inspired inspires inspiration
        2 good better nice nicely kind kindly pleased pleasing pleasant pleasure glad helpful helped helps thanks
        2 thank thx ty tysm appreciate appreciated appreciates appreciation friendly polite courteous fun funny cool
        2 smooth smoothly fast faster fastest quick quickly easy easily easier efficient efficiently reliable reliably
        2 comfortable comfy cozy clean cute sweet smart clever handy useful convenient affordable bargain valuable
        2 improved improves improvement improvements improving upgrade upgraded satisfied satisfying satisfaction
        2 satisfies success successful successfully succeed succeeded proud proudly confident hope hopeful positive
        2 praise praised admire admired admiration respect respected trust trusted loyal loyalty honest honestly safe
        2 secure professional knowledgeable attentive responsive caring welcoming welcome warm gentle calm relaxing
        2 relaxed peaceful seamless seamlessly intuitive innovative creative stylish sleek robust solid sturdy durable
        2 accurate precise fresh bright vibrant lively energetic fit healthy benefit benefits beneficial advantage
        2 rewarding rewarded reward gift gifted bonus celebrate celebrated celebrating celebration enthusiastic eager
        2 smile smiles smiling laugh laughed laughing laughs haha hahaha lmao yes yeah yep sublime
        2 refreshing wise worth worthy worthwhile lucky luckily fortunate fortunately gratitude fascinating
        2 interesting interested entertaining adorable handsome attractive classy premium luxury luxurious neat sharp
        2 effective effortless effortlessly resolved solved rescued saved saves savior fixes prompt promptly timely
        2 hug hugs romantic passionate wholesome decent impeccable flattering tidy spotless crisp crispy juicy
        1 lol ok okay fine fair works worked working fixed fix like liked likes agree agreed agrees accept accepted
        1 support supportive supports available ready simple clear clearly free discount save gain gains grow growing
        1 growth progress recover recovered correct correctly sure certain able care cares calmly stable
        1 steady modern new shiny special popular famous important original flexible well adequate acceptable
        1 reasonable reasonably fairness legit wish wishes want hopefully advance advanced strong stronger strongest
        1 powerful enough peace play played promise promising chill dope ideal

        -1 cheap sorry slow slower slowly late wait waiting waited queue queues unclear odd weird strange doubt doubts
        -1 doubtful unsure uncertain expensive pricey costly overpriced small smaller limited missing miss missed
        -1 misses old outdated average mediocre meh bland basic plain boring dull tired tiring noisy loud heavy hard
        -1 difficult tough tricky complicated complex confusing confused confuses confusion hesitant lost lose losing
        -1 loses loss stuck pending busy alone ignore unusual unlikely sadly unfortunately
        -1 shame pity hmm ugh sigh oops cold awkward skeptical stop stopped quit leave leaving cancel cancelling
        -1 canceling delay lag laggy lags glitch glitchy glitches bug bugs buggy minor dated deny denied refuse
        -1 refused
        -2 bad worse poor poorly problem problems issue issues trouble troubles error errors fail fails failing failed
        -2 failure failures broken break breaks broke crash crashed crashes crashing wrong wrongly incorrect
        -2 inaccurate fault faulty defect defective delayed delays cancelled canceled cancellation cancellations
        -2 annoying annoyed annoys annoy irritating irritated frustrating frustrated frustration frustrates upset
        -2 upsetting sad sadness unhappy unpleasant uncomfortable disappointed disappointing disappoint disappoints
        -2 disappointment dissatisfied unsatisfied unacceptable unreliable unresponsive unhelpful unfriendly unfair
        -2 unprofessional unusable unstable unsafe useless worthless pointless waste wasted wasting wastes rude
        -2 impolite arrogant careless ignorant ignored ignoring ignores lazy dirty filthy messy mess ugly smelly stink
        -2 stinks stinky gross nasty stale rotten flimsy fragile weak damage damaged damages damaging hurt hurts
        -2 hurting pain painful ache suffer suffered suffering stress stressed stressful worried worry worries
        -2 worrying anxious anxiety nervous afraid fear scared scary panic concern concerned concerns complain
        -2 complained complaining complains complaint complaints blame blamed guilty ashamed embarrassed embarrassing
        -2 dislike disliked dislikes hassle inconvenience inconvenient inconvenienced mislead misleading misled
        -2 deceptive dishonest shady dodgy suspicious sketchy reject rejected rejection unwanted unnecessary
        -2 ridiculous stupid silly dumb idiotic nonsense crap crappy lame sucks suck sucked sucky trash garbage
        -2 rubbish junk bored overcharged overcharge stranded abandoned lonely struggle struggled struggling
        -2 struggles hang hangs hung freeze freezes froze frozen clunky sloppy inferior inadequate incompetent
        -2 incompetence lousy pathetic disrespect disrespectful disrespected insult insulting insulted offended
        -2 offensive angry mad argue argued argument cry crying cried tears regret regrets regretted damnit wtf smh
        -2 risk risky threat threaten threatened threatening lied lie lying lies liar liars sick ill injured injury
        -2 leak leaked leaking leaks overheats overheating burnt burned burning unanswered misery fml bullshit
        -3 terrible terribly awful awfully horrible horribly horrid dreadful worst hate hated hates hating hatred
        -3 disgusting disgusted disgust disgrace disgraceful atrocious appalling appalled abysmal furious outraged
        -3 outrageous outrage rage raging fraud fraudulent scam scammed scammer scammers scams steal stealing stole
        -3 stolen theft thief thieves cheat cheated cheating cheaters ripoff robbed robbery nightmare
        -3 disaster disastrous catastrophe catastrophic fiasco horrendous horrific horrifying hell shit shitty
        -3 bullying bully abuse abused abusive toxic despise despised loathe insufferable unbearable intolerable
        -3 inexcusable unforgivable shameful shambles ruin ruined ruins ruining destroy destroyed destroys destroying
        -3 devastated devastating heartbroken heartbreaking betrayed betrayal corrupt corruption evil cruel vile
        -3 hopeless miserable boycott sue lawsuit illegal dangerous danger hazard poison poisoned poisoning racist
        -3 racism sexist harass harassed harassment violent violence idiot idiots moron morons clowns
        -3 avoid pissed fuck fucked stfu deceived deceitful exploit exploited
        -4 abhorrent despicable monstrous heinous repulsive death die died dead kill killed kills killing murder
        -4 motherfucker asshole assholes bastards scumbags

        4 😍 🥰 🤩 💯 🏆
        3 ❤ 💕 💖 💗 💙 💚 💛 💜 🖤 🧡 😘 🥳 🎉 🎊 👏 🙌 😁 😄 😃 😊 ☺ 🔥 🤗 😻 ♥
        2 👍 😀 😆 😂 🤣 😎 🙂 😉 😋 🙏 💪 ✨ ⭐ 🌟 👌 😇 ✅ 🤝 🎁 😌
        -1 😐 😑 😬 🙄 😕 🤔 😒 🥱 😴 🤷 🤦 😅
        -2 👎 🙁 ☹ 😞 😔 😟 😣 😖 😫 😩 😢 😓 😰 😨 💔 ❌ 😥 😧 🚫 ⚠ 😤
        -3 😭 😠 😡 🤬 🤮 🤢 💩 👿 😱 🖕 🤡
        """
    )
}
