public import Classification
internal import MentionModel

/// Trains all heads from files. Pure but for the time it takes: the same files and settings give the same model,
/// whatever the number of threads.
public struct TrainingRun: Sendable {
    private let settings: TrainingSettings
    private let files: [DataFile]
    private let progress: @Sendable (String) -> Void

    /// Why nothing could be learned.
    public enum Failure: Error, CustomStringConvertible, Equatable {
        /// No text with a label.
        case noLabelledTexts

        /// One sentence, with the remedy.
        public var description: String {
            switch self {
            case .noLabelledTexts:
                "no labelled text was found: the data folder needs labelled/HEAD/*.tsv with lines of label, tab, text"
            }
        }
    }

    /// Prepares; `progress` is told what goes on.
    public init(
        files: [DataFile],
        settings: TrainingSettings,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.files = files.sorted { $0.name < $1.name }
        self.settings = settings
        self.progress = progress
    }

    /// One head, trained.
    private struct Trained: Sendable {
        var head: Head
        var weights: HeadWeights
        var calibration: Calibrator.Result
        var report: HeadReport
    }

    /// Trains.
    public func run() async throws -> Model {
        var train: [Head: LabelledSet] = [:]
        var dev: [Head: LabelledSet] = [:]
        var unlabelled: [[UInt8]] = []
        var lexicons = LexiconReader()
        for file in files {
            switch file.role {
            case .train(let head): train[head] = (train[head] ?? LabelledSet()) + read(file, head)
            case .dev(let head): dev[head] = (dev[head] ?? LabelledSet()) + read(file, head)
            case .text: unlabelled += file.bytes.split(separator: 0x0A).map { Array($0) }
            case .lexicon(let place, let unit): lexicons.readTable(file.bytes, place: place, unit: unit)
            case .wordList(let place, let valence): lexicons.readList(file.bytes, place: place, valence: valence)
            case .emojiNames: break
            }
        }
        for file in files {
            if case .emojiNames(let place) = file.role { lexicons.readEmojiNames(file.bytes, place: place) }
        }
        guard !train.isEmpty else { throw Failure.noLabelledTexts }
        let knowledge = await knowledge(train, dev, unlabelled, lexicons.valences)
        let trained = await heads(train, dev, knowledge)
        return build(trained, knowledge)
    }

    private func read(_ file: DataFile, _ head: Head) -> LabelledSet {
        var skipped = 0
        let set = LabelledSet(tsv: file.bytes, names: head.labels, skipped: &skipped)
        if let line = set.firstSkipped {
            progress(
                "\(file.name), line \(line): left out, as \(skipped) in all, for want of a label and a tab; labels of "
                    + "\(head.rawValue) are \(head.labels.joined(separator: ", "))"
            )
        }
        return set
    }

    // MARK: - Words

    private func knowledge(
        _ train: [Head: LabelledSet],
        _ dev: [Head: LabelledSet],
        _ unlabelled: [[UInt8]],
        _ lexicon: [UInt64: Valences]
    ) async -> WordKnowledge {
        var counts = Vocabulary.Counts()
        var texts: [[UInt8]] = unlabelled
        for text in unlabelled { counts.add(text, isLabelled: false) }
        for head in Head.allCases {
            for text in train[head]?.texts ?? [] {
                counts.add(text, isLabelled: true)
                // E-mails are long and not like mentions: they would bend the vectors.
                if text.count <= 1_000 { texts.append(text) }
            }
        }
        let always = Dictionary(
            EmotionWords.byWord.keys.map { (Tokeniser.key(ofSpelling: $0), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let vocabulary = Vocabulary(
            counts,
            words: settings.leastWords,
            others: settings.leastOthers,
            lexicon: lexicon,
            always: always
        )
        progress("\(vocabulary.wordKeys.count) words, \(vocabulary.otherKeys.count) pairs")
        let order = SplitMix.permutation(texts.count, seed: settings.seed)
        let ids = vocabulary.words(of: order.map { texts[$0] })
        let count = vocabulary.wordKeys.count
        let runs = await sideBySide(settings.vectorRuns) { run in
            WordVectors(
                texts: ids,
                vocabulary: count,
                settings: settings.vectors,
                seed: settings.seed &* 1_000 &+ UInt64(run)
            )
        }
        progress("\(runs.count) × \(WordVectors.width) numbers a word")
        return WordKnowledge(vocabulary: vocabulary, vectors: runs, pieceLeast: settings.leastPieces)
    }

    /// Results of `count` pieces of work, in order, as many side by side as there are threads.
    private func sideBySide<Result: Sendable>(
        _ count: Int,
        _ work: @escaping @Sendable (Int) async -> Result
    ) async -> [Result] {
        await withTaskGroup(of: (Int, Result).self) { tasks in
            var results: [Int: Result] = [:]
            var next = 0
            while next < min(count, max(1, settings.threads)) {
                let place = next
                tasks.addTask { (place, await work(place)) }
                next += 1
            }
            for await (place, result) in tasks {
                results[place] = result
                if next < count {
                    let place = next
                    tasks.addTask { (place, await work(place)) }
                    next += 1
                }
            }
            return (0..<count).compactMap { results[$0] }
        }
    }

    // MARK: - Heads

    private func heads(
        _ train: [Head: LabelledSet],
        _ dev: [Head: LabelledSet],
        _ knowledge: WordKnowledge
    ) async -> [Trained] {
        let wanted = Head.allCases.filter { train[$0]?.labels.isEmpty == false }
        return await sideBySide(wanted.count) { place in
            let head = wanted[place]
            let result = self.head(head, train, dev[head], knowledge)
            progress("\(head.rawValue): \(result.report.line)")
            return result
        }
    }

    private func head(
        _ head: Head,
        _ train: [Head: LabelledSet],
        _ dev: LabelledSet?,
        _ knowledge: WordKnowledge
    ) -> Trained {
        let plan = settings.plans[head] ?? HeadPlan.standard(for: head)
        let trainer = HeadTrainer(knowledge: knowledge, head: head, settings: plan.settings)
        let extra = Extras.texts(for: head, train)
        let own = train[head] ?? LabelledSet()
        let all = dev.map { own + $0 } ?? own
        let features = knowledge.vocabulary.features(of: all.texts)
        let extraFeatures = knowledge.vocabulary.features(of: extra.texts)
        let halves = head == .spam ? all.texts.map { knowledge.vocabulary.features(of: Extras.halves(of: $0)) } : []
        func fit(_ places: [Int]) -> HeadWeights {
            var texts = places.map { features[$0] } + extraFeatures
            var labels = places.map { all.labels[$0] } + extra.labels
            var weights = [Float](repeating: 1, count: places.count)
            weights += [Float](repeating: Extras.weight, count: extra.labels.count)
            for place in places where !halves.isEmpty {
                for half in halves[place] {
                    texts.append(half)
                    labels.append(all.labels[place])
                    weights.append(Extras.halfWeight)
                }
            }
            return trainer.train(texts, labels: labels, weights: weights)
        }
        let calibrator = Calibrator(aim: plan.aim, shares: plan.shares)
        var sums = [SIMD8<Float>](repeating: .zero, count: all.labels.count)
        var scored: [Int] = []
        var basis = "dev"
        if dev != nil {
            let whole = fit(Array(own.labels.indices))
            for place in own.labels.count..<all.labels.count { sums[place] = whole.sums(of: features[place]) }
            scored = Array(own.labels.count..<all.labels.count)
        }
        let devSums = scored.map { sums[$0] }
        var judged = scored
        // A large dev set is enough to calibrate by; else every text is judged by a model that has not seen it.
        if scored.count < 1_500 {
            let order = SplitMix.permutation(all.labels.count, seed: settings.seed &+ 17)
            for fold in 0..<settings.folds {
                let seen = order.indices.filter { $0 % settings.folds != fold }.map { order[$0] }
                let weights = fit(seen)
                for place in order.indices where place % settings.folds == fold {
                    sums[order[place]] = weights.sums(of: features[order[place]])
                }
            }
            judged = Array(all.labels.indices)
        }
        let result = calibrator.fit(judged.map { sums[$0] }, judged.map { all.labels[$0] }, lanes: head.lanes.count)
        if scored.isEmpty {
            basis = "\(settings.folds)-fold cross-validation"
            scored = judged
        }
        let shown = basis == "dev" ? devSums : judged.map { sums[$0] }
        let report = HeadReport(
            head: head,
            basis: basis,
            sums: shown,
            labels: scored.map { all.labels[$0] },
            calibration: result
        )
        return Trained(head: head, weights: fit(Array(all.labels.indices)), calibration: result, report: report)
    }

    // MARK: - Building

    private func build(_ trained: [Trained], _ knowledge: WordKnowledge) -> Model {
        var calibration = Calibration.identity
        for head in trained {
            calibration.slopes[head.head.index] = Int32(
                max(0, min(1_048_576, (head.calibration.slope * 4096).rounded()))
            )
            for (offset, lane) in head.head.lanes.enumerated() {
                calibration.offsets[lane] = Int32((head.calibration.offsets[offset] * 4096).rounded())
                calibration.decisions[lane] = Int32((head.calibration.decisions[offset] * 4096).rounded())
            }
        }
        var builder = ModelBuilder(knowledge: knowledge)
        builder.rowLimit = settings.rowLimit
        var model = builder.build(
            Dictionary(uniqueKeysWithValues: trained.map { ($0.head, $0.weights) }),
            version: "-",
            card: Card.json(files: files, settings: settings, reports: trained.map(\.report)),
            calibration: calibration,
            thresholds: IntentThresholds()
        )
        // Named by what is in it: another training that gives the same weights has the same name.
        let hash = String(XXH64.hash(ModelFormat.encode(model).span), radix: 16)
        model.version = "trained-1-" + (String(repeating: "0", count: 16 - hash.count) + hash).prefix(8)
        return model
    }
}

/// Texts of other heads' data that a head learns from too, at less weight.
enum Extras {
    /// What such a text counts against one of the head's own.
    static let weight: Float = 0.3

    /// What half of an e-mail counts.
    static let halfWeight: Float = 0.5

    /// The halves of a long text: a head that must tell each of them can't lean on the names of one mailbox.
    static func halves(of text: [UInt8]) -> [[UInt8]] {
        guard text.count > 300, let middle = text[(text.count / 2)...].firstIndex(of: 0x20) else { return [] }
        return [Array(text[..<middle]), Array(text[middle...])]
    }

    /// Ordinary tweets are no spam: spam data hold messages and e-mails alone. A complaint is against its subject.
    static func texts(for head: Head, _ train: [Head: LabelledSet]) -> LabelledSet {
        var extra = LabelledSet()
        switch head {
        case .spam:
            for (place, text) in (train[.sentiment]?.texts ?? []).enumerated() where place % 12 == 0 {
                extra.texts.append(text)
                extra.labels.append(0)
            }
        case .sentiment:
            let complaints = train[.complaint] ?? LabelledSet()
            for (place, text) in complaints.texts.enumerated() where complaints.labels[place] == 1 {
                extra.texts.append(text)
                extra.labels.append(0)
            }
        default: break
        }
        return extra
    }
}
