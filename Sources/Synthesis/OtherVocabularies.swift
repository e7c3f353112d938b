/// Smaller grammars of other languages, written for this generator. Words that mention a brand stand between spaces
/// also in Japanese, so that a matcher which looks for word boundaries finds them.
extension Vocabulary {
    static let german = Vocabulary(
        language: "de",
        positiveOpenings: [
            "Die {noun} von {B} ist {posadj}, seit {#} Tagen im Einsatz",
            "{B} hat mir {time} mit {#} {thing} geholfen, {posadj}!",
            "Danke an {B}: {#} {thing} und alles {posadj}", "{who} und ich finden die {noun} von {B} {posadj}",
        ],
        negativeOpenings: [
            "Die {noun} von {B} ist {negadj}, schon {#} Mal defekt", "{B} antwortet seit {#} Tagen nicht, {negadj}",
            "{time} ist die {noun} von {B} ausgefallen, {negadj}", "{who} ist von {B} enttäuscht: {noun} {negadj}",
        ],
        neutralOpenings: [
            "Weiß jemand, wann die {noun} von {B} in {place} kommt?", "{B} zeigt {time} eine {noun} in {place}",
            "{who} hat {#} {thing} bei {B} bestellt", "Gibt es die {noun} von {B} auch mit {#} {thing}?",
        ],
        follows: [
            "{who} war {time} in {place}.", "Es waren {#} {thing} dabei.", "Die {noun} kostet {#} Euro.",
            "In {place} gab es {#} {thing}.",
        ],
        positiveFollows: ["Die {noun} ist {posadj}.", "{who} freut sich über {#} {thing}."],
        negativeFollows: ["Die {noun} ist {negadj}.", "{who} ärgert sich über {#} {thing}."],
        seconds: ["Bei {C} dauert das {#} Tage.", "Vorher hatte {who} {C}, {#} Monate lang."],
        positiveReplies: [
            "Stimmt, die {noun} ist {posadj}, {#} {thing}", "Danke, hat {time} mit {#} {thing} geklappt!",
            "genau so, {posadj}",
        ],
        negativeReplies: ["Bei mir auch, die {noun} ist {negadj}, {#} {thing}", "Leider {negadj}, {#} {thing} weg"],
        neutralReplies: ["Welche {noun} meinst du?", "{who} hatte das {time} in {place}", "seit wann?"],
        answers: ["Das tut uns leid, bitte sende uns Vorgang {#}{#} zur {noun}.", "Danke für das Lob zur {noun}!"],
        subjects: ["mein Handy", "die App", "der Laden", "unsere Bank", "das Rad", "der Bus"],
        words: [
            "noun": [
                "Lieferung", "Kamera", "Rechnung", "Hotline", "Tastatur", "Webseite", "Garantie", "Kaffeemaschine",
                "Batterie", "Verpackung", "Anleitung", "Buchung", "Heizung", "Tasche", "Karte", "Suche", "Pumpe",
                "Lampe", "Matratze", "Bremse", "Klingel", "Brille", "Leitung", "Waschmaschine",
            ],
            "posadj": ["super", "toll", "klasse", "hervorragend", "prima", "großartig", "zuverlässig", "wunderbar"],
            "negadj": ["schlecht", "furchtbar", "miserabel", "kaputt", "nervig", "enttäuschend", "unzuverlässig"],
            "time": [
                "heute", "gestern", "am Montag", "am Freitag", "letzte Woche", "im Sommer", "nach der Arbeit",
                "vor dem Essen", "seit dem Update", "um Mitternacht", "im März", "am Wochenende",
            ],
            "who": [
                "meine Schwester", "mein Nachbar", "unser Team", "die Chefin", "mein Bruder", "eine Freundin",
                "der Hausmeister", "die ganze Familie", "mein Onkel", "unser Trainer", "Oma", "der Fahrer",
            ],
            "place": [
                "Hamburg", "Graz", "Basel", "Leipzig", "Köln", "Wien", "Bremen", "der Küche", "der Bibliothek",
                "Erfurt", "Zürich", "Linz", "der Werkstatt", "Kiel",
            ],
            "thing": [
                "Fotos", "Pakete", "Mails", "Punkte", "Dateien", "Tassen", "Schrauben", "Karten", "Seiten", "Stunden",
                "Flaschen", "Termine", "Fehler", "Stühle",
            ],
        ]
    )

    static let spanish = Vocabulary(
        language: "es",
        positiveOpenings: [
            "Me encanta la {noun} de {B}, {posadj} desde hace {#} días",
            "Gracias {B}, {time} todo {posadj} con {#} {thing}",
            "{who} recomienda {B}: {noun} {posadj} con {#} {thing}", "La {noun} de {B} es {posadj} de verdad",
        ],
        negativeOpenings: [
            "La {noun} de {B} es {negadj}, ya van {#} veces", "{B} no responde desde hace {#} días, {negadj}",
            "{time} falló la {noun} de {B}, {negadj}", "{who} odia la {noun} de {B}, {#} {thing} perdidos",
        ],
        neutralOpenings: [
            "¿Alguien sabe cuándo llega la {noun} de {B} a {place}?", "{B} presenta una {noun} {time} en {place}",
            "{who} pidió {#} {thing} a {B}", "¿La {noun} de {B} trae {#} {thing}?",
        ],
        follows: [
            "{who} estuvo en {place} {time}.", "Venían {#} {thing} en la caja.", "La {noun} cuesta {#} euros.",
            "En {place} había {#} {thing}.",
        ],
        positiveFollows: ["La {noun} es {posadj}.", "{who} está feliz con {#} {thing}."],
        negativeFollows: ["La {noun} es {negadj}.", "{who} perdió {#} {thing}."],
        seconds: ["Con {C} tarda {#} días.", "Antes {who} usaba {C}, {#} meses."],
        positiveReplies: [
            "Igual aquí, la {noun} es {posadj}, {#} {thing}", "¡Gracias, {time} funcionó con {#} {thing}!",
            "qué {posadj}",
        ],
        negativeReplies: ["A mí también, {noun} {negadj}, {#} {thing}", "Qué {negadj}, {#} {thing} menos"],
        neutralReplies: ["¿Qué {noun} dices?", "{who} lo vio {time} en {place}", "¿desde cuándo?"],
        answers: ["Lo sentimos, envíanos el caso {#}{#} de la {noun}.", "¡Gracias por tus palabras sobre la {noun}!"],
        subjects: ["mi móvil", "la app", "la tienda", "el banco", "la bici", "el autobús"],
        words: [
            "noun": [
                "entrega", "cámara", "factura", "tienda", "pantalla", "batería", "garantía", "reserva", "cafetera",
                "mochila", "tarjeta", "búsqueda", "lámpara", "impresora", "silla", "maleta", "bomba", "línea",
            ],
            "posadj": ["genial", "excelente", "fantástica", "increíble", "perfecta", "estupenda", "maravillosa"],
            "negadj": ["horrible", "pésima", "lenta", "terrible", "inútil", "defectuosa", "decepcionante"],
            "time": [
                "hoy", "ayer", "el lunes", "el viernes", "esta mañana", "anoche", "la semana pasada", "en marzo",
                "en verano", "después del trabajo", "a medianoche", "antes de comer",
            ],
            "who": [
                "mi hermana", "mi vecino", "mi equipo", "la jefa", "mi primo", "una amiga", "la abuela", "mi tío",
                "la profesora", "el conductor", "mi compañera", "toda la familia",
            ],
            "place": [
                "Sevilla", "Lima", "Quito", "Bogotá", "Bilbao", "Rosario", "Puebla", "la oficina", "el aeropuerto",
                "Vigo", "Cusco", "la biblioteca",
            ],
            "thing": [
                "fotos", "cajas", "correos", "puntos", "archivos", "tazas", "tornillos", "páginas", "horas",
                "botellas", "citas", "errores",
            ],
        ]
    )

    static let french = Vocabulary(
        language: "fr",
        positiveOpenings: [
            "J'adore la {noun} de {B}, {posadj} depuis {#} jours", "Merci {B}, {time} tout était {posadj}, {#} {thing}",
            "{who} recommande {B} : {noun} {posadj} avec {#} {thing}",
        ],
        negativeOpenings: [
            "La {noun} de {B} est {negadj}, déjà {#} pannes", "{B} ne répond plus depuis {#} jours, {negadj}",
            "{who} déteste la {noun} de {B}, {#} {thing} en moins",
        ],
        neutralOpenings: [
            "Quelqu'un sait quand la {noun} de {B} arrive à {place} ?", "{B} présente une {noun} {time} à {place}",
            "{who} a commandé {#} {thing} chez {B}",
        ],
        follows: ["{who} était à {place} {time}.", "Il y avait {#} {thing}.", "La {noun} coûte {#} euros."],
        positiveFollows: ["La {noun} est {posadj}.", "{who} a gagné {#} {thing}."],
        negativeFollows: ["La {noun} est {negadj}.", "{who} a perdu {#} {thing}."],
        seconds: ["Chez {C} il faut {#} jours.", "Avant, {who} avait {C} pendant {#} mois."],
        positiveReplies: [
            "Pareil, la {noun} est {posadj}, {#} {thing}", "Merci, {time} ça marche avec {#} {thing} !",
            "trop {posadj}",
        ],
        negativeReplies: ["Moi aussi, {noun} {negadj}, {#} {thing}", "C'est {negadj}, {#} {thing} perdus"],
        neutralReplies: ["Quelle {noun} ?", "{who} l'a vu {time} à {place}", "depuis quand ?"],
        answers: ["Désolés, envoyez-nous le dossier {#}{#} sur la {noun}.", "Merci pour ce mot sur la {noun} !"],
        subjects: ["mon portable", "cette appli", "la banque", "le magasin", "mon vélo"],
        words: [
            "noun": [
                "livraison", "caméra", "facture", "boutique", "batterie", "garantie", "réservation", "cafetière",
                "carte", "recherche", "lampe", "imprimante", "chaise", "valise", "pompe", "ligne",
            ],
            "posadj": ["géniale", "excellente", "parfaite", "superbe", "magnifique", "formidable"],
            "negadj": ["horrible", "nulle", "lente", "terrible", "inutile", "décevante"],
            "time": [
                "aujourd'hui", "hier", "lundi", "vendredi", "ce matin", "hier soir", "en mars", "cet été",
                "après le travail", "à minuit",
            ],
            "who": [
                "ma sœur", "mon voisin", "mon équipe", "la patronne", "mon cousin", "une amie", "mamie", "mon oncle",
                "le chauffeur", "ma collègue",
            ],
            "place": ["Lyon", "Nantes", "Liège", "Genève", "Brest", "la gare", "Lille", "Québec", "Dakar", "Metz"],
            "thing": [
                "photos", "cartons", "mails", "points", "fichiers", "tasses", "vis", "pages", "heures", "bouteilles",
            ],
        ]
    )

    static let japanese = Vocabulary(
        language: "ja",
        positiveOpenings: [
            "{B} の{noun}が{posadj}です、もう{#}日使っています", "{time}、 {B} の{noun}を買いました。{posadj}！",
            "{who}も {B} の{noun}が好きです、{#}{thing}もらいました",
        ],
        negativeOpenings: [
            "{B} の{noun}が{negadj}です、{#}回目です", "{time}から {B} の{noun}が{negadj}です",
            "{who}も {B} の{noun}に困っています、{#}{thing}消えました",
        ],
        neutralOpenings: [
            "{B} の{noun}は{place}でいつからですか？", "{time}、{who}が {B} の{noun}を{#}{thing}頼みました",
            "{place}で {B} の{noun}を見ました、{#}{thing}",
        ],
        follows: ["{time}、{who}と{place}にいました。", "{#}{thing}ありました。", "{noun}は{#}円でした。"],
        positiveFollows: ["{noun}が{posadj}です。", "{who}も喜びました、{#}{thing}。"],
        negativeFollows: ["{noun}が{negadj}です。", "{who}も怒りました、{#}{thing}。"],
        seconds: ["前は {C} を{#}か月使いました。", "{who}は {C} が好きです。"],
        positiveReplies: ["{noun}が{posadj}ですね、{#}{thing}", "ありがとう、{time}{#}{thing}できました！", "{posadj}！"],
        negativeReplies: ["私の{noun}も{negadj}です、{#}{thing}", "{#}{thing}も{negadj}なんて"],
        neutralReplies: ["どの{noun}ですか？", "{time}、{place}で見ました", "いつから？"],
        answers: ["{noun}の件、申し訳ありません。番号{#}{#}を教えてください。", "{noun}へのお言葉、ありがとうございます！"],
        subjects: ["この店", "この電話", "あの銀行", "このゲーム"],
        words: [
            "noun": ["電池", "配達", "画面", "鍵盤", "写真機", "地図", "予約", "会員証", "充電器", "椅子", "時計", "眼鏡"],
            "posadj": ["最高", "素晴らしい", "便利", "完璧", "快適", "綺麗"],
            "negadj": ["最悪", "遅い", "不便", "残念", "故障", "面倒"],
            "time": ["今日", "昨日", "月曜日", "金曜日", "今朝", "昨夜", "先週", "三月", "夏休み", "深夜"],
            "who": ["姉", "隣の人", "友達", "上司", "弟", "祖母", "先生", "家族", "同僚", "運転手"],
            "place": ["京都", "札幌", "駅前", "空港", "図書館", "台所", "神戸", "仙台", "学校", "港"],
            "thing": ["枚", "個", "通", "点", "冊", "本", "箱", "杯"],
        ]
    )

    static let portuguese = Vocabulary(
        language: "pt",
        positiveOpenings: [
            "Adoro a {noun} da {B}, {posadj} há {#} dias", "Obrigado {B}, {time} foi tudo {posadj}, {#} {thing}",
            "{who} recomenda {B}: {noun} {posadj} com {#} {thing}",
        ],
        negativeOpenings: [
            "A {noun} da {B} é {negadj}, já são {#} vezes", "{B} não responde há {#} dias, {negadj}",
            "{who} odeia a {noun} da {B}, menos {#} {thing}",
        ],
        neutralOpenings: [
            "Alguém sabe quando a {noun} da {B} chega a {place}?", "{B} mostra uma {noun} {time} em {place}",
            "{who} pediu {#} {thing} à {B}",
        ],
        follows: ["{who} esteve em {place} {time}.", "Havia {#} {thing}.", "A {noun} custa {#} euros."],
        positiveFollows: ["A {noun} é {posadj}.", "{who} ganhou {#} {thing}."],
        negativeFollows: ["A {noun} é {negadj}.", "{who} perdeu {#} {thing}."],
        seconds: ["Na {C} demora {#} dias.", "Antes {who} tinha {C}, {#} meses."],
        positiveReplies: [
            "Igual aqui, a {noun} é {posadj}, {#} {thing}", "Obrigada, {time} funcionou com {#} {thing}!",
            "que {posadj}",
        ],
        negativeReplies: ["Comigo também, {noun} {negadj}, {#} {thing}", "Que {negadj}, menos {#} {thing}"],
        neutralReplies: ["Qual {noun}?", "{who} viu isso {time} em {place}", "desde quando?"],
        answers: ["Pedimos desculpa, envie-nos o caso {#}{#} da {noun}.", "Obrigado pelas palavras sobre a {noun}!"],
        subjects: ["meu telefone", "esta app", "a loja", "o banco"],
        words: [
            "noun": [
                "entrega", "câmara", "fatura", "loja", "bateria", "garantia", "reserva", "cafeteira", "mochila",
                "pesquisa", "lâmpada", "impressora", "cadeira", "mala", "bomba", "linha",
            ],
            "posadj": ["ótima", "excelente", "fantástica", "incrível", "perfeita", "maravilhosa"],
            "negadj": ["horrível", "péssima", "lenta", "terrível", "inútil", "avariada"],
            "time": ["hoje", "ontem", "na segunda", "na sexta", "esta manhã", "ontem à noite", "em março", "no verão"],
            "who": [
                "minha irmã", "meu vizinho", "minha equipa", "a chefe", "meu primo", "uma amiga", "a avó", "meu tio",
            ],
            "place": ["Porto", "Braga", "Recife", "Faro", "Natal", "Coimbra", "Santos", "o aeroporto"],
            "thing": ["fotos", "caixas", "e-mails", "pontos", "ficheiros", "copos", "páginas", "horas", "garrafas"],
        ]
    )
}
