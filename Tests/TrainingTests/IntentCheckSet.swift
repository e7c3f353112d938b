/// Sentences written for this project and labelled by hand: what they hold of praise, purchase and threat; `none`
/// for none of these, mostly sentences that look like one. Written before the grammar was measured on them.
let intentCheckSet = """
    praise|Thank you so much for sorting this out, Acme!
    praise|I love my new Acme headphones
    praise|Best coffee machine I have ever owned
    praise|Great service at the Leeds store today
    praise|Really happy with the new update
    praise|Highly recommend this app to anyone who travels
    praise|Well done Acme, that was quick
    praise|Kudos to the support team, they stayed on the phone for an hour
    praise|This thing works like a charm
    praise|Worth every penny
    praise|You guys rock!
    praise|Huge fan of what Acme is doing
    praise|The battery life is amazing
    praise|The driver made my day, such a kind man
    praise|Acme never disappoints
    praise|Can't recommend them enough
    praise|Exceeded all my expectations
    praise|Hats off to the crew on flight 12
    praise|Five stars from me
    praise|Their customer support is outstanding
    praise|So impressed with how fast my parcel came
    praise|Absolutely love the new design
    praise|What a fantastic evening, thank you Acme
    praise|The staff were so friendly and helpful
    praise|My kids adore this toy
    praise|Top notch quality, as always
    praise|I really appreciate the quick reply
    praise|This app saved my life during the exams
    praise|Blown away by the sound of these speakers
    praise|Keep up the good work
    praise|Thanks for the quick help @acme
    praise|Acme is the best company I've dealt with
    praise|Love this so much 😍
    praise|The new camera is brilliant
    praise|Delicious food and lovely people
    praise|My Acme kettle still works perfectly after ten years
    praise|I'm in love with these shoes
    praise|Props to Acme for owning the mistake
    praise|Five out of five, would stay again
    praise|The best phone on the market, hands down
    praise|Game changer! My mornings are so much easier
    praise|So grateful for the nurses and this clinic
    praise|Thanks Acme, you saved the day
    praise|Superb product and excellent value
    praise|Much appreciated, guys, it works now
    praise|Acme, your new bakery is heavenly
    praise|Couldn't be happier with my purchase
    praise|Flawless delivery again, thank you
    praise|My favourite shop in town
    praise|The support agent was wonderful and so patient
    praise|Loving the dark mode, beautiful work
    praise|Great job on the new site
    praise|It runs beautifully on my old laptop
    praise|I am very pleased with the result
    praise|Awesome customer care, they replaced it the same day
    praise|These are the most comfortable boots I own
    praise|Shout out to Acme for a perfect trip
    praise|We had a great time at your hotel
    praise|Nothing but praise for this team
    praise|Amazing! Got my refund within an hour, thanks
    praise|Such a beautiful store and great staff
    praise|Your engineer was brilliant, thank you
    praise|Impressed by how easy the setup was
    praise|Best purchase I made this year
    praise|Bravo Acme
    praise|I enjoy every minute with this game
    praise|First class service from start to finish
    praise|You are amazing, thank you for the help
    praise|Excellent product, will tell my friends about it
    praise|Thank you for the lovely gift card
    praise|Really love how light this bike is
    praise|Your new update is great, so much faster
    praise|Very satisfied with the mattress
    praise|Good job everyone
    praise|The team at Acme is simply the best
    praise|This is the nicest keyboard I've used
    praise|A beautiful film, I loved every second
    praise|Thanks to Maria at the help desk, she was great
    praise,purchase|Love my Acme watch so much that I'm going to buy one for my dad
    praise,purchase|Great phone, just ordered a second one
    purchase|Thinking of buying the Acme X2
    purchase|Where can I buy this in Berlin?
    purchase|How much is the annual plan?
    purchase|I'm going to order the blue one tonight
    purchase|Shut up and take my money
    purchase|Need this in my life
    purchase|Do you ship to Norway?
    purchase|When will the X2 be available in Canada?
    purchase|Just pre-ordered the new console
    purchase|Looking for a new phone, is the Acme any good?
    purchase|Should I get the Pro or the Air?
    purchase|I want one of these
    purchase|Is there a discount code for students?
    purchase|Saving up for the Acme guitar
    purchase|Can't wait to get my hands on it
    purchase|Considering an upgrade to the X2 but is it worth the price?
    purchase|We are planning to buy forty licences
    purchase|Adding this to my wishlist
    purchase|Gonna grab the red one on payday
    purchase|What's the price of the large size?
    purchase|In the market for a family car, any tips?
    purchase|Is the X2 still in stock?
    purchase|I might buy the lamp after all
    purchase|Just placed my order
    purchase|Which laptop should I buy for college?
    purchase|I need a new washing machine, looking at Acme
    purchase|Will the boots be back in stock soon?
    purchase|I'd love to buy two tickets for Saturday
    purchase|Want to order a cake for Friday
    purchase|Interested in buying your old stock
    purchase|Ready to upgrade to the premium plan
    purchase|How do I subscribe to the magazine?
    purchase|Finally going to get that espresso machine
    purchase|Put it in my basket already
    purchase|Is it worth buying the extended version?
    purchase|My wife wants one for Christmas, where do I order?
    purchase|Do you sell gift cards?
    purchase|I'll buy it as soon as it comes in green
    purchase|Thinking about switching to your broadband, how much does it cost?
    purchase|Just bought the Acme tent for the summer
    purchase|I'm tempted to order the whole set
    purchase|Can I get a quote for 20 desks?
    purchase|Any promo codes for new customers?
    purchase|Could you send me your price list?
    purchase|On my birthday list: the Acme drone
    purchase|Ordering mine today
    purchase|Debating whether to purchase the lifetime licence
    purchase|Does the store in Leeds sell these?
    purchase|When is the new collection out?
    purchase|I have decided to buy the Acme bike
    purchase|Sign me up for the yearly plan
    purchase|Definitely getting this game next week
    purchase|Need to buy new tyres before winter
    purchase|Will you have the X2 on sale for Black Friday?
    purchase|I want to buy your app but the store says no
    purchase|Where did you get that? I need one!
    purchase|What are the rates for a double room in May?
    purchase|Interested in purchasing a used model
    purchase|About to order, is there free shipping?
    purchase|We need two more seats on our plan
    purchase|Planning to get the Acme oven for the new kitchen
    purchase|Probably gonna buy the black one
    purchase|Anyone know where I can find the Acme mug?
    purchase|How can I order from Portugal?
    purchase|I must have this jacket
    purchase|Hoping to buy a house near the new line
    purchase|Are there any tickets left for tonight? I want two
    purchase|I'm looking to buy a decent camera for under 500
    threat|I'm cancelling my subscription today
    threat|Never flying with you again
    threat|I will take my business elsewhere
    threat|You just lost a loyal customer
    threat|See you in court
    threat|My lawyer will be in touch
    threat|If this isn't fixed by Friday I'm leaving
    threat|I'm switching to your competitor
    threat|Going to report you to trading standards
    threat|That was the last time I shop here
    threat|I'm done with Acme
    threat|Fix this or I'm cancelling my contract
    threat|I will sue you
    threat|Boycott Acme until they apologise
    threat|Closing my account first thing tomorrow
    threat|Give me my money back or I go to the press
    threat|Considering legal action against this company
    threat|Won't be renewing my membership
    threat|Deleting the app right now
    threat|I'll make sure everyone I know stays away, warn your friends
    threat|Filing a complaint with the ombudsman
    threat|I want a full refund or you will hear from my solicitor
    threat|I'm moving to another bank
    threat|Never again, Acme. Never again.
    threat|You have lost my custom for good
    threat|Last straw, I am out
    threat|I'm telling everyone not to buy from you
    threat|We will be taking this to small claims court
    threat|I am never ordering from this place again
    threat|Will be contacting my attorney on Monday
    threat|Unless you answer today I will cancel everything
    threat|Time to switch providers
    threat|I will not be coming back
    threat|Leaving Acme for good after ten years
    threat|Going to file a chargeback with my bank
    threat|I'm reporting this to the police
    threat|One more outage and I'm gone
    threat|Uninstalled. Goodbye.
    threat|I shall be escalating this to Ofcom
    threat|You'll regret this when I post the video
    threat|Canceling my order, this is a joke
    threat|If I don't get my refund I will take you to court
    threat|I won't buy another Acme product ever
    threat|You are losing a customer of twenty years
    threat|This is how you lose customers, I'm off to a rival
    threat|We are looking at a class action against you
    threat|I'm going to spend my money somewhere else
    threat|Acme can expect a letter from my lawyer
    threat|I demand a refund or I report you to the authorities
    threat|Not using this service anymore, bye
    threat|Done with your airline, booking with someone else next time
    threat|I'm going to cancel if nobody calls me back
    threat|Terminating our contract at the end of the month
    threat|Everyone should boycott this shop
    threat|I'm leaving for another network
    threat|Never buying your printers again
    threat|I'll be going elsewhere from now on
    threat|My family will never stay at your hotel again
    threat|Expect a bad review everywhere and a call from my lawyer
    threat|Cancel my account now or I dispute the charge
    threat|I am about to jump ship
    threat|We're pulling our ads and ending our contract
    threat|I've had enough, switching to a different provider
    threat|Do this again and I will sue your company
    threat|I will never recommend you again
    threat|This is your last chance before I call a lawyer
    threat|Consider my membership cancelled
    threat|I'm unsubscribing from everything you send
    threat|Refund me or I take it to the media
    threat|Say goodbye to my business
    none|I love how you just ignore my mails
    none|Great, another delay
    none|Thanks for nothing
    none|The best part is that nobody answers the phone
    none|Why is the app so slow today?
    none|The train leaves at nine
    none|My order has not arrived yet
    none|Can you tell me the opening hours?
    none|They opened a new store in Hamburg
    none|The court ruled on the case yesterday
    none|I cancelled my trip because of the storm
    none|My dad is a lawyer at Acme
    none|The company reported a loss this quarter
    none|Acme shares rose two percent
    none|I left my umbrella on your bus
    none|The screen is cracked and support is silent
    none|Nobody bought my old sofa
    none|She works at the Acme store
    none|The price of freedom
    none|Is your service down?
    none|I can't log in since this morning
    none|Worst service I have ever had
    none|This is not a great product
    none|I do not love the new layout
    none|Not impressed at all
    none|It would be nice if the app had a dark mode
    none|You should add more colours
    none|Please add support for dates
    none|The weather is lovely today
    none|Good morning everyone
    none|I was never so bored
    none|The stock market closed lower
    none|He is in love with her
    none|The movie starts at eight
    none|How do I reset my password?
    none|My phone fell into the sea
    none|The food was cold and the waiter rude
    none|I wouldn't recommend this place
    none|I would not buy this for my enemy
    none|The order of the letters is wrong
    none|Please check your messages
    none|Who is the manager of this branch?
    none|I work for a competitor
    none|They moved the meeting to Tuesday
    none|Not worth the money
    none|Don't buy this
    none|We met the best team in the final and lost
    none|I don't need this right now
    none|The bill is too high again
    none|Your website shows the wrong date
    none|No idea why everyone hates it
    none|My cat sleeps on the box
    none|The new logo looks odd
    none|Still waiting for a reply
    none|The parcel came damaged
    none|Is there parking near the shop?
    none|There was a fire in the old factory
    none|I asked them three times
    none|Acme announced a new phone
    none|The interview is on channel four
    none|We will see what happens
    none|I forgot my card at home
    none|This update broke my settings
    none|The meeting was cancelled
    none|You have to restart it twice
    none|My brother got a job there
    none|The new law takes effect in May
    none|Maybe it is me, but the button does nothing
    none|I will be at the fair on Sunday
    none|The colour is different from the picture
    none|It takes ages to load
    none|My account was closed by mistake
    none|Does anyone have the manual?
    none|A user sued the company last year
    none|They say the first season was better
    none|I paid twice for one ticket
    none|The lecture on price theory was long
    none|I returned the shoes last week
    none|He will never play for the club again
    none|The report is out
    none|I am looking for my keys
    none|She is thinking about the future
    none|We are going to the lake
    none|Your competitor answered within a minute
    none|The law firm moved next door
    none|I bought nothing
    none|It stopped working after a week
    none|What a shame
    none|No thanks
    none|Yes, at ten
    none|The last time I looked it was green
    none|A friend of mine fixed it
    none|Please stop calling me
    none|The charger gets hot
    none|Anyone else having trouble with the app?
    none|I think the second one is fine
    none|The queue goes around the corner
    none|You have my number
    none|This is what they call support
    none|The court is next to the station
    none|Our flight to Rome left two hours late
    none|Amazing how one company can be wrong every single time
    none|Happy to wait, I have nothing else to do but sit in your queue
    """
