import Synthesis

/// When which fault begins. The same request gives the same plan on every machine.
struct FaultPlan: Codable, Sendable, Equatable {
    /// What a plan is made from.
    struct Request: Codable, Sendable, Equatable {
        var seed: UInt64
        /// How many faults; each kind gets its share, and at least one.
        var faults: Int
        /// From the first record to the last, in seconds.
        var seconds: Double
        var workers = 3
        var partitions = 64
        /// Records a second.
        var rate = 600
        var kinds: [FaultKind] = FaultKind.mixed
        /// The workers' session timeout, in seconds: a stop lasts longer.
        var session = 6.0
        /// `max.poll.interval.ms` of the workers, in seconds: a slow batch lasts longer.
        var pollInterval = 8.0
    }

    var request: Request
    /// In the order of their times.
    var faults: [PlannedFault]

    /// Heavy faults begin in the first half of a wave and are over by its end: the farm gets something done in every
    /// one of them, so that its rate is never zero for long.
    private static let wave = 45.0
    /// How long the farm is left alone with a fault that is measured.
    private static let alone = 24.0
    /// The end of a run without new faults: what was begun ends in it.
    private static let calm = 14.0
    /// Records of one burst of poison, at most: a partition whose records are mostly dead letters pauses itself.
    static let burst = 100

    init(_ request: Request) {
        self.request = request
        var random = SeededRandom(seed: request.seed ^ 0x6E65_6D65_7369_7300)
        let kinds = Set(request.kinds).sorted()
        var heavy: [FaultKind] = []
        var light: [FaultKind] = []
        for kind in kinds {
            let count = Self.quota(of: kind, among: kinds, faults: request.faults)
            if kind.isHeavy {
                heavy += Array(repeating: kind, count: count)
            } else {
                light += Array(repeating: kind, count: count)
            }
        }
        Self.shuffle(&heavy, &random)
        Self.shuffle(&light, &random)

        let active = max(1, request.seconds - Self.calm)
        let waves = max(1, Int(active / Self.wave))
        let width = active / Double(waves)
        // Every fifth wave begins with one fault that is watched undisturbed.
        let lonely = waves < 5 ? [] : (0..<waves).filter { $0 % 5 == 2 }
        var planned: [(at: Double, kind: FaultKind, isAlone: Bool)] = []
        for wave in lonely {
            guard let position = heavy.firstIndex(where: { [.kill, .stop, .postgresCrash].contains($0) }) else { break }
            // Takes them in turn: the one that was found goes, the next search begins behind.
            planned.append((Double(wave) * width, heavy.remove(at: position), true))
        }
        let busy = (0..<waves).filter { !lonely.contains($0) }
        // Spread over the part of a wave that is theirs, a little to and fro; a plan of one wave has no room to spare.
        let part = waves == 1 ? 0.9 : 0.55
        for (index, kind) in heavy.enumerated() {
            let wave = index % busy.count
            let inWave = (heavy.count - wave + busy.count - 1) / busy.count
            let slot = (Double(index / busy.count) + Self.fraction(&random)) / Double(max(1, inWave))
            planned.append((Double(busy[wave]) * width + slot * width * part, kind, false))
        }
        for (index, kind) in light.enumerated() {
            var at = (Double(index) + Self.fraction(&random)) / Double(light.count) * active
            // Not beside a fault that is measured.
            while lonely.contains(where: { (-4..<Self.alone).contains(at - Double($0) * width) }) {
                at = Self.fraction(&random) * active
            }
            planned.append((at, kind, false))
        }
        planned.sort { ($0.at, $0.kind) < ($1.at, $1.kind) }
        var dice = FaultDice(request, random)
        faults = planned.enumerated().map { index, entry in
            PlannedFault(
                number: index + 1,
                at: (entry.at * 1_000).rounded() / 1_000,
                isAlone: entry.isAlone,
                fault: dice.fault(entry.kind)
            )
        }
    }

    /// How many faults are of a kind: its share, rounded up, so that no kind gets less than it should.
    static func quota(of kind: FaultKind, among kinds: [FaultKind], faults: Int) -> Int {
        let whole = kinds.reduce(0) { $0 + $1.shareOf500 }
        guard whole > 0 else { return 0 }
        return max(1, (faults * kind.shareOf500 + whole - 1) / whole)
    }

    private static func fraction(_ random: inout SeededRandom) -> Double {
        Double(random.below(1_000_000)) / 1_000_000
    }

    private static func shuffle(_ kinds: inout [FaultKind], _ random: inout SeededRandom) {
        for index in kinds.indices.reversed() { kinds.swapAt(index, random.below(index + 1)) }
    }
}

/// Chooses the particulars of faults.
private struct FaultDice {
    let request: FaultPlan.Request
    var random: SeededRandom
    /// Workers are taken in turn, from a random one on, so that all get their share.
    var nextWorker: Int
    var nextPartition: Int
    var counts: [FaultKind: Int] = [:]

    init(_ request: FaultPlan.Request, _ random: SeededRandom) {
        self.request = request
        self.random = random
        nextWorker = self.random.below(max(1, request.workers))
        nextPartition = self.random.below(max(1, request.partitions))
    }

    private mutating func worker() -> Int {
        defer { nextWorker = (nextWorker + 1) % max(1, request.workers) }
        return nextWorker
    }

    private mutating func seconds(_ range: ClosedRange<Double>) -> Double {
        let steps = Int((range.upperBound - range.lowerBound) * 100) + 1
        return ((range.lowerBound * 100).rounded() + Double(random.below(steps))) / 100
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + random.below(range.count)
    }

    mutating func fault(_ kind: FaultKind) -> Fault {
        let turn = counts[kind, default: 0]
        counts[kind] = turn + 1
        switch kind {
        case .kill:
            // Again at once, or after some seconds.
            let pause = turn % 2 == 0 ? 0.1 : seconds(1...5)
            return .kill(worker: worker(), inBatch: turn % 4 != 3, restartAfter: pause)
        case .stop: return .stop(worker: worker(), length: request.session + seconds(1.5...5))
        case .stopInBatch: return .stopInBatch(worker: worker(), length: request.session + seconds(1.5...5))
        case .staleOwner: return .staleOwner(worker: worker(), patience: request.session + 6)
        case .terminateBackend: return .terminateBackend(worker: worker())
        case .postgresCrash: return .postgresCrash(away: seconds(1...4))
        case .databaseDelay:
            return .databaseDelay(worker: worker(), milliseconds: number(20...400), length: seconds(2...8))
        case .databaseReset:
            return .databaseReset(worker: turn % 4 == 3 ? nil : worker(), inBatch: turn % 4 != 3 && turn % 2 == 0)
        case .databaseCut:
            return .databaseCut(
                worker: worker(),
                bytes: number(1...30_000) / (turn % 2 == 0 ? 1 : 60),
                answers: turn % 2 != 0
            )
        case .commitAnswerLost: return .commitAnswerLost(worker: worker())
        case .brokerLink:
            let troubles = Fault.LinkTrouble.allCases
            let trouble = troubles[turn % troubles.count]
            return .brokerLink(worker: worker(), trouble: trouble, length: trouble == .reset ? 0 : seconds(1...7))
        case .brokerErrors:
            let requests = Fault.BrokerRequest.allCases
            let request = requests[turn % requests.count]
            // A group that can't be joined for long stands still; what is asked often may fail often.
            let most = [.produce, .fetch].contains(request) ? 12 : 3
            let codes = (0..<number(1...most)).map { _ in request.codes[random.below(request.codes.count)] }
            return .brokerErrors(request: request, codes: codes)
        case .brokerDown: return .brokerDown(length: seconds(1...9))
        case .brokerSlow: return .brokerSlow(milliseconds: number(50...400), length: seconds(2...8))
        case .storm: return .storm(workers: number(1...2), rounds: number(2...3), stay: seconds(0.5...3))
        case .poison:
            defer { nextPartition = (nextPartition + 1) % max(1, request.partitions) }
            return .poison(partition: nextPartition, records: poison())
        case .slowBatch: return .slowBatch(worker: worker(), length: request.pollInterval + seconds(1...3))
        case .databaseRefuse:
            let ways = Fault.Refusal.allCases
            return .databaseRefuse(way: ways[turn % ways.count], length: seconds(2...6))
        case .databaseReadOnly: return .databaseReadOnly(length: seconds(1...5))
        }
    }

    private mutating func poison() -> [Fault.PoisonKind] {
        let small = Fault.PoisonKind.allCases.filter { $0 != .oversized }
        var records = (0..<number(20...(FaultPlan.burst - 1))).map { _ in small[random.below(small.count)] }
        // Few: each is over a mebibyte on its way to the worker.
        records.insert(.oversized, at: random.below(records.count))
        return records
    }
}
