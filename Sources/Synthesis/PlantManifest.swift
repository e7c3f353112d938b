/// The truth about planted authors, for the manifest.
extension MentionStream {
    /// Puts the planted authors behind those that are there in a manifest that ends in `]}`, and their sums behind them.
    func appendPlants(to bytes: inout [UInt8]) {
        bytes.removeLast(2)
        var isFirst = bytes.last == 0x5B
        for index in plantRecords.indices {
            if !isFirst { bytes.append(0x2C) }
            isFirst = false
            appendPlant(authors.plants[index], to: &bytes)
        }
        bytes.append("],\"plants\":{")
        isFirst = true
        for kind in PlantKind.allCases {
            var numbers = [Int](repeating: 0, count: Self.names.count)
            var count = 0
            for index in plantRecords.indices where authors.plants[index].kind == kind {
                count += 1
                for (place, number) in Self.numbers(plantRecords[index]).enumerated() { numbers[place] += number }
            }
            guard count > 0 else { continue }
            bytes.append(isFirst ? "\"" : ",\"")
            isFirst = false
            bytes.append(contentsOf: kind.name.utf8)
            bytes.append("\":{\"authors\":")
            bytes.append(decimal: Int64(count))
            append(numbers, to: &bytes)
            bytes.append("}")
        }
        bytes.append("}}")
    }

    private func appendPlant(_ plant: Plant, to bytes: inout [UInt8]) {
        let author = authors.plants.first + plant.index
        bytes.append("{\"brand\":\"")
        bytes.append(contentsOf: brandCatalogue.names[plant.brand])
        bytes.append("\",\"source\":\"")
        bytes.append(authors.source(author).name)
        bytes.append("\",\"author_id\":\"")
        authors.appendKey(author, to: &bytes)
        bytes.append("\",\"author\":")
        authors.appendObject(author, to: &bytes)
        bytes.append(",\"kind\":\"")
        bytes.append(contentsOf: plant.kind.name.utf8)
        bytes.append("\"")
        if plant.ringSize > 1 {
            bytes.append(",\"ring\":")
            bytes.append(decimal: Int64(plant.ring))
            bytes.append(plant.index == plant.master ? ",\"master\":true" : ",\"master\":false")
        }
        let record = plantRecords[plant.index]
        append(Self.numbers(record), to: &bytes)
        if record.mentions > 0 {
            var dates = DateWriter()
            bytes.append(",\"first_at\":\"")
            dates.append(milliseconds: record.firstAt, offsetMinutes: 0, fraction: true, to: &bytes)
            bytes.append("\",\"last_at\":\"")
            dates.append(milliseconds: record.lastAt, offsetMinutes: 0, fraction: true, to: &bytes)
            bytes.append("\"")
        }
        bytes.append("}")
    }

    private static let names: [StaticString] = [
        "mentions", "positive", "neutral", "negative", "answers", "defences", "mate_answers", "mate_reposts", "links",
        "likes", "replies_got", "reposts_got",
    ]

    private static func numbers(_ record: PlantRecord) -> [Int] {
        [
            record.mentions, record.positive, record.neutral, record.negative, record.answers, record.defences,
            record.mateAnswers, record.mateReposts, record.links, record.likes, record.repliesGot, record.repostsGot,
        ]
    }

    private func append(_ numbers: [Int], to bytes: inout [UInt8]) {
        for (name, number) in zip(Self.names, numbers) {
            bytes.append(",\"")
            bytes.append(name)
            bytes.append("\":")
            bytes.append(decimal: Int64(number))
        }
    }
}
