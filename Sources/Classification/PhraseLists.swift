/// The phrases of ``PhraseGrammar``, written for this project by hand.
let phraseLists = """
    praise 1000 thank|thanks you|u? so|very much
    praise 1000 thanks|thank|thx you? for the? * great|amazing|awesome|excellent|quick|fast|prompt|wonderful|fantastic|lovely|super|brilliant|good
    praise 800 thank|thanks|thx you|u for|to
    praise 1000 love|loving|adore|loved my|this|these|your|the|their|our new?
    praise 1000 i|we really|absolutely|so|just|totally|seriously? love|adore|enjoy|loved|enjoyed
    praise 1000 best * ever|yet|around|world
    praise 900 the|my best|greatest product|service|app|phone|company|brand|place|team|support|purchase|thing|experience|airline|coffee|staff
    praise 1000 great|awesome|amazing|excellent|fantastic|wonderful|brilliant|superb|outstanding|good|stellar|terrific|exceptional job|work|service|support|product|products|experience|app|customer|team|staff|quality|phone|stuff|value|update|feature|design|update
    praise 900 so|very|really|extremely|super|quite? happy|pleased|impressed|satisfied|delighted|thrilled with|by|about
    praise 1000 highly|strongly|definitely|totally|would|wholeheartedly? recommend|recommended this|it|them|you|to|your|these|.
    praise 1000 highly|strongly|definitely recommend|recommended
    praise 900 well done|played
    praise 900 hats off to
    praise 900 keep up the
    praise 900 keep it up
    praise 900 kudos|props|shoutout|congrats|congratulations|bravo to|on|for|you|guys?
    praise 800 kudos|bravo
    praise 1000 five|5|00|0 out of five|5|0|00
    praise 900 5|five|0 stars|star
    praise 800 worth every|it|the|each
    praise 900 can't|cannot recommend|praise|thank * enough
    praise 900 couldn't|can't|cannot be|ask happier|better|for|more
    praise 900 ~ never * disappoints|disappoint|disappointed
    praise 900 ~ never|nothing but praise|love|good|great
    praise 900 exceeded|exceeds|beyond|surpassed|above my|all|our|every? expectations|expectation
    praise 900 made|makes|making my day|week|life|morning|evening
    praise 900 saved|saves|saving my|our|the|me day|life|hours|bacon|week|time
    praise 800 works|worked|working|runs|fits|performs|looks|sounds|tastes like|just? perfectly|flawlessly|great|beautifully|brilliantly|wonderfully|amazing|perfect|superbly|smoothly|charm
    praise 900 works|worked|working like a charm
    praise 900 is|are|was|were|it's|you're|that's|they're|its so|just|really|absolutely|simply|truly|pretty? amazing|awesome|fantastic|brilliant|excellent|wonderful|perfect|incredible|outstanding|superb|gorgeous|stunning|delicious|phenomenal|terrific|flawless|lovely|fabulous|impressive
    praise 900 huge|big|massive|such fan of
    praise 900 a? huge|big|massive fan of
    praise 800 you guys|people|all are|rock|rule so|the|just? best|great|amazing|awesome|legends|stars|heroes?
    praise 900 you guys|all rock
    praise 800 much|really|greatly|sincerely|truly|so appreciated|appreciate|grateful
    praise 900 i|we really|do|truly|so|sincerely|deeply? appreciate
    praise 900 top|first notch|class|quality|tier
    praise 800 game changer
    praise 800 life saver
    praise 800 lifesaver
    praise 700 amazing|awesome|fantastic|excellent|brilliant|superb|outstanding|flawless|phenomenal !|!!
    praise 900 what a great|fantastic|amazing|lovely|wonderful|brilliant|beautiful|superb|delightful|pleasant
    praise 800 impressed
    praise 800 blown|blew me|us? away
    praise 900 in love with

    purchase 1000 i'm|im|am|we're|was|i've|been thinking|considering|planning|looking|debating|contemplating|tempted of|about|on|at|to|whether|into? * buying|getting|ordering|purchasing|buy|order|purchase|upgrading|upgrade|switching|preordering
    purchase 1000 thinking|considering|planning|debating|contemplating of|about|on|whether? * buying|ordering|purchasing|getting|upgrading|preordering
    purchase 1000 going|gonna|about|want|wanna|ready|plan|planning|hoping|hope|intend|decided|like|need|love|trying|wanting|dying|desperate|looking|about to? finally|probably|definitely|just|really|soon|maybe|totally? buy|order|purchase|preorder|upgrade|subscribe|grab|pre-order|try
    purchase 900 gonna|wanna|gotta|i'll|we'll|ill|will|i'd|might|may|must|shall|lemme|should|just|definitely|probably|finally|let|me be|have|to|just|probably|definitely|totally|finally|go|soon|maybe? buy|order|purchase|preorder|buying|ordering|purchasing|preordering
    purchase 1000 where can|could|do|should i|we|you|one|u buy|get|order|find|purchase|preorder
    purchase 1000 where to buy|order|purchase|get|find
    purchase 1000 how|where can|do|could|would|should i|we buy|order|purchase|preorder|subscribe|pay
    purchase 1000 how much is|are|does|do|for|would|will|to
    purchase 900 how|what much|'s|is|are the? price|cost|pricing|rates|prices
    purchase 900 what's|whats the|your price|pricing|cost|prices
    purchase 900 price|pricing|cost|quote of|for|please|on|? the|this|a|an|?
    purchase 900 do|does|can|is|are|will|when you|u|i|this|it|they|the|will * ship|deliver|sell|stock|available|preorder|pre-order|sale
    purchase 900 in stock|store|stores
    purchase 900 when is|are|does|do|will|can|it|they|the * available|released|launch|restocked|restock|back|stock|sale|out
    purchase 1000 shut up and take
    purchase 1000 take my money
    purchase 900 i|we need|want|deserve|require this|one|these|it|that|a|an|some|two|three|both in|for|right|so|badly|now|asap|of|please|new
    purchase 900 need|want|want|wanting|craving to get|my|get|own|have|try myself|hands|one|this|it|these|the|a|an|some|your
    purchase 900 on my|the|our wishlist|shopping|wish|list|christmas|birthday
    purchase 900 add|added|adding|put|putting * to|in my|the basket|cart|wishlist|bag|list
    purchase 900 discount|promo|coupon|voucher code|codes|available|for
    purchase 900 saving|saved|save up|money? for|to a|an|the|buy|get|this|my|one
    purchase 900 can't|cannot wait to|until|till|for buy|get|order|own|try|payday|mine|my|it
    purchase 900 which|what|any|recommend|recommendations|suggestions * should|for|on|would i|we|you|a|which|buying|one|recommend get|buy|choose|order|pick|phone|laptop|tv|camera|car|buy
    purchase 900 worth buying|getting|upgrading|the|it price|upgrade|money|buying|?
    purchase 900 just? placed|placing|made|making an|my|a|our order|preorder|pre-order|deposit
    purchase 900 in the market for
    purchase 900 looking for|to a|an|some|my|buy|get|invest|replace|upgrade new|good|cheap|used|decent|affordable|second|replacement|in|my|our|a|one
    purchase 900 interested in buying|purchasing|getting|ordering|one|your|the|a|this|trying|signing|subscribing
    purchase 800 sign|signing me|us? up
    purchase 900 just? pre-ordered|preordered|ordered|bought|purchased my|the|a|an|this|one|two|some|mine|it|our|new
    purchase 900 buy|buying|order|ordering|get|getting one|it|this|these|mine|two|another|some today|tomorrow|soon|tonight|asap|now|next|this|for|when|as|right

    threat 1000 cancel|cancelling|canceling|cancelled|canceled|close|closing|terminate|terminating|ending|end my|our|the|this account|subscription|contract|membership|order|service|plan|policy|accounts|subscriptions|card|internet|insurance
    threat 1000 ~ never|not|won't|wont|no|ever * buy|buying|using|use|fly|flying|order|ordering|shop|shopping|purchase|purchasing|eat|eating|come|coming|return|returning|deal|dealing|book|booking|stay|staying|recommend|business|spend|spending|go|going|touch|visit * again|anymore|ever|you|them|longer|here|back|from|your|another
    threat 1000 ~ never again
    threat 1000 ~ last time|straw i|we|that|ever|i'm|for
    threat 1000 ~ last time|straw
    threat 1000 switch|switching|switched|moving|move|changing|going|leaving|defecting|jump|jumping|change to|over|for|back|ship|providers|provider|banks|carriers|your|a|another|your? competitor|competitors|provider|bank|carrier|company|rival|competition|someone|elsewhere|different|another|brand|broadband
    threat 900 switching|moving|switch to|from|over
    threat 900 switching|changing|switch|change providers|banks|carriers|provider|brands|bank|carrier|networks|network|companies
    threat 1000 jump|jumping|abandon|abandoning ship
    threat 1000 take|taking|taken|bring my|our|the money|business|custom|account elsewhere|somewhere|to|away
    threat 1000 spend|spending|buy|shop|go|going|look|looking|take it? my|our|the? money|business|custom? elsewhere|somewhere
    threat 1000 lost|losing|lose|loses|loosing|loose a|an|me|my|our|another|this|us loyal|customer|customers|business|custom|as|forever|client|good|long|for
    threat 1000 sue|suing you|them|your|u|these|this|the|ass|company
    threat 1000 see|meet|take|taking|drag you|this|them|it|u|your|him * in|to court|lawyer|lawyers|tribunal
    threat 1000 legal action|proceedings|advice|team|steps
    threat 1000 my|our|a|contact|contacting|call|calling|hear|hearing|speak|speaking|hire|hiring|lawyer * lawyer|attorney|lawyers|solicitor|attorneys|solicitors
    threat 1000 class action
    threat 1000 small claims
    threat 1000 file|filing|filed|lodge|lodging|filing|submit|submitting|make|raising a|an|formal|another|my|official formal|complaint|lawsuit|dispute|chargeback|claim|report|grievance * with|against|to
    threat 1000 file|filing|filed|lodging|raise a? lawsuit|chargeback|dispute|ombudsman
    threat 1000 report|reporting|reported|complain|complaining|escalate|escalating|escalated|complained you|this|them|it|u|your|all * to|with the|trading|consumer|ofcom|bbb|ombudsman|police|authorities|regulator|fcc|ftc|sec|press|media|better|advertising
    threat 1000 go|going|talk|speak|tell|take|taking|contact|contacting|email|emailing|call|calling * to|the|with? the? press|media|newspapers|ombudsman|bbb|regulator|watchdog|ofcom|fcc|ftc|trading|news|newspaper|authorities
    threat 1000 trading standards
    threat 1000 boycott|boycotting|#boycott you|this|your|them|the|all|unless|until|@user|their|anything|and|.|!|these
    threat 900 boycott|boycotting
    threat 900 chargeback|lawsuit|sue
    threat 1000 unless|until|if you|this|i|they|it|it's|we|nobody|someone|isn't|not|don't * fix|resolve|sort|refund|get|hear|answer|reply|refunded|fixed|resolved|sorted|respond|replaced|change * i'm|i'll|we|im|i|we'll|we're|ill|my leaving|leave|cancel|gone|will|done|out|cancelling|am|sue|switch|going|bank|lawyer
    threat 900 i'm|im|am|we're|are|i|we so|officially|completely|totally|absolutely? leaving|done|quitting|quit|finished|through|out|gone with|you|your|for|@user|if|unless|this|the|forever|.|!
    threat 900 get|getting|want|demand|demanding|give|expect my|our|a|me|full|your|me money|refund|full|cash|my * back|refund|or|money
    threat 900 demand|demanding a|my|full|an|our refund|money|compensation|full|replacement|answers
    threat 1000 ~ not|won't|wont|don't|no|isn't * renew|renewing|renewal|returning|coming|be|staying|stay|continue
    threat 900 delete|deleting|deleted|uninstall|uninstalling|uninstalled|deactivate|deactivating|unsubscribe|unsubscribing|unfollow|unfollowing|ditch|ditching|dump|dumping|dropping|drop my|the|this|your|your|you|it|from|account|@user|app
    threat 1000 warn|warning|tell|telling all|every|everyone|my|people|my|others|friends|the everyone|friends|about|to|off|one|never|stay|family|world|i|not|avoid
    threat 900 goodbye|bye @user|forever|your|guys|bye
    threat 900 you|they|your will|won't|'ll|they'll|you'll|not|gonna|going * pay|regret|get|hear|sorry|away for|this|from|with|be

    suggestion 1100 i|we|would|i'd|my|we'd strongly|also|respectfully|humbly|really|highly? suggest|recommend|propose|advise|request|vote|urge
    suggestion 900 suggestion|suggestions|recommendation|proposal|idea|tip|feedback :|is|would|for|-
    suggestion 900 ^ suggestion|suggestions|tip|tips|idea|feature|feedback
    suggestion 1200 it|that|this|which|what|would|it'd|that'd would|will|wud|might|could|also|be? be|also|really|definitely|so|help? be|also|really|definitely|a|so|very|more|much|even? nice|great|good|helpful|useful|cool|awesome|better|wonderful|handy|ideal|fantastic|amazing|perfect|convenient|beneficial|excellent|lovely|best|easier|interesting|worthwhile|nicer|huge|big|nice
    suggestion 1100 would|could|will be a|an|really|so|very|much|more|also|quite|extremely? nice|great|good|helpful|useful|cool|awesome|better|wonderful|handy|ideal|fantastic|amazing|perfect|convenient|beneficial|excellent|lovely|best|nicer|appreciated
    suggestion 800 nice|great|good|helpful|useful|cool|awesome|better|wonderful|handy|ideal|fantastic|amazing|perfect|best|love|easier if|to have|there|you|we|i|the|it|they|users|this|see|microsoft|developers
    suggestion 1300 ^ please|pls|plz also|just|do|at|kindly|consider? add|allow|provide|make|give|include|support|enable|let|expose|implement|create|introduce|bring|improve|extend|integrate|open|change|remove|fix|use|consider|offer|increase|reduce|update|put|allow|show|build|port|release|stop|keep|get|return|rename|move|replace|ensure|think|help
    suggestion 1100 please|pls|plz also|just|do|at|kindly|consider|least? add|allow|provide|make|give|include|support|enable|let|expose|implement|create|introduce|bring|improve|extend|integrate|open|change|remove|consider|offer|increase|reduce|update|show|build|port|adding|making|allowing
    suggestion 1000 ^ add|allow|provide|include|support|enable|expose|implement|introduce|improve|extend|integrate|increase|reduce|ability|option|adding|enabling|expand|let|offer|permit|simplify|separate
    suggestion 800 ^ make|give|create|open|change|remove|bring|build|release|port|replace|use|put|show|stop|fix|consider|update|have|allowing|get|try|avoid|ensure a|the|it|us|an|more|all|your|this|that|developers|users|some|sure|our|to|at|support|and
    suggestion 1000 should|shld also|really|at|definitely|either|not|never|always|just|automatically|probably|all|only|then|still|least? be|have|allow|add|provide|make|give|include|support|let|implement|improve|offer|do|try|get|come|consider|work|show|use|go|bring|open|take|also|enable|at|put|fix|change|remove|stop|create
    suggestion 800 should|ought|must
    suggestion 900 need|needs|needed to|a|an|more|some|better|the|at|proper|support|real|ability|access|option to|be|have|allow|add|support|way|option|better|provide|make|improve|implement|api|button|feature|include|ability|more|fix|work|let
    suggestion 700 we|it|users|developers|you|they|apps|there|this|app|wp|windows|which need|needs|require|requires|lack|lacks|missing
    suggestion 1000 i'd|i|we|we'd|would|wud also|really|d|just|personally? like|love|prefer|want|wish|hope|appreciate to|a|an|the|it|if|more|for|you|some see|have|be|if|way|option|ability|more|able|know|get|use|it|feature|you|add
    suggestion 1100 would|i'd|we'd also|really|all|much? like|love|prefer to|it|a|an|if|the|for|more see|have|if|be|get|use|ability|option|way
    suggestion 900 i|we really|just|also|only|do? wish|hope that|there|you|it|i|we|the|they|this|microsoft|for
    suggestion 800 if only
    suggestion 1100 why|y not|don't|dont|can't|cant|doesn't|couldn't|can't|won't|isn't just|you|we|they|i|there|simply|let|make|add|have|allow|use|it|the
    suggestion 1000 how|what about|if a|an|adding|making|we|you|the|some|having|giving|letting|allowing|there|you|this
    suggestion 1000 can|could|can't|couldn't|may|will|would you|we|u|i|it|they|there|this|the|someone|microsoft please|also|at|maybe|perhaps|just|not|possibly|not|guys? add|have|get|allow|make|provide|be|include|implement|consider|give|support|let|enable|fix|improve|bring|offer|change|put|create|open
    suggestion 900 ability|option|options|possibility|feature|way|support|api|button|method|function|setting|mechanism|means|freedom|choice|facility to|for|that|which|in
    suggestion 900 allow|allowing|let|enable|letting|give|enabling|allows|permit us|users|developers|user|me|the|people|apps|developer|for|devs|customers|app|third|applications|you|access to|user|developers|developer|more|access|the|choose|ability|users|set|use|create|be|have
    suggestion 800 instead of|having|being
    suggestion 900 feature request
    suggestion 700 better|improved|improve|improvement|improvements|enhance|enhancement|enhanced support|if|way|to|in|for|control|the|integration|would|access
    suggestion 700 make|making it|this|them|the|that|things|sure|life easier|possible|more|available|better|simpler|to|that|optional|easy|clear|configurable|customizable
    suggestion 900 don't|do forget to
    suggestion 800 ^ try|check|go|get|make|bring|ask|book|take|avoid|skip|read|watch|use|visit|request|be|if to|out|the|for|a|sure|your|this|you|on|it|with|prepared|going|aware|want|yourself|planning
    suggestion 900 could|would|might|may also|then|even|all? be|have|allow|use|add|provide|make|include|help|get|work|show|offer|benefit|improve|also
    suggestion 500 could|would|please|wish|hope|suggest|consider|ideally|preferably|perhaps|maybe
    suggestion 700 so|such that|as|a|an users|developers|user|we|i|it|you|people|developer|to|way|option
    suggestion 600 at least
    suggestion 600 in the|a|next|future future|next|version|update|release
    suggestion 500 like|as|similar on|in|to|android|ios|iphone|windows|the|other|desktop

    request 1000 please|pls|plz|kindly|can|could|would can|could|you|u|someone|anyone|just? help|follow|retweet|rt|check|send|dm|fix|reply|respond|call|contact|tell|let|share|give|look|sort|email|refund|answer|sign|support|donate|vote|stop
    request 900 can|could|would|will you|u|someone|anyone|somebody please|plz|pls|at|kindly|guys? *
    request 800 please|pls|plz|kindly
    request 900 help me|us|!|please|
    request 900 let me|us know
    """
