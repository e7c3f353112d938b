/// One fault with all that was chosen for it. Lengths are in seconds, workers are counted from 0.
enum Fault: Codable, Sendable, Equatable {
    case kill(worker: Int, inBatch: Bool, restartAfter: Double)
    case stop(worker: Int, length: Double)
    case stopInBatch(worker: Int, length: Double)
    /// `patience`: how long the others may take to claim.
    case staleOwner(worker: Int, patience: Double)
    case terminateBackend(worker: Int)
    case postgresCrash(away: Double)
    case databaseDelay(worker: Int, milliseconds: Int, length: Double)
    /// `worker` nil: all of them.
    case databaseReset(worker: Int?, inBatch: Bool)
    case databaseCut(worker: Int, bytes: Int, answers: Bool)
    case commitAnswerLost(worker: Int)
    case brokerLink(worker: Int, trouble: LinkTrouble, length: Double)
    case brokerErrors(request: BrokerRequest, codes: [Int32])
    case brokerDown(length: Double)
    case brokerSlow(milliseconds: Int, length: Double)
    case storm(workers: Int, rounds: Int, stay: Double)
    case poison(partition: Int, records: [PoisonKind])
    case slowBatch(worker: Int, length: Double)
    case databaseRefuse(way: Refusal, length: Double)
    case databaseReadOnly(length: Double)

    /// What happens to the connections between a worker and the broker.
    enum LinkTrouble: String, Codable, Sendable, CaseIterable {
        /// Each piece comes 150 ms late.
        case slow
        /// Nothing gets through.
        case stalled
        /// All connections end at once.
        case reset
    }

    /// Requests that the embedded broker can be told to answer with errors.
    enum BrokerRequest: String, Codable, Sendable, CaseIterable {
        case produce
        case fetch
        case listOffsets
        case offsetCommit
        case joinGroup
        case heartbeat
        case syncGroup

        /// The request in Kafka's protocol.
        var apiKey: Int16 {
            switch self {
            case .produce: 0
            case .fetch: 1
            case .listOffsets: 2
            case .offsetCommit: 8
            case .joinGroup: 11
            case .heartbeat: 12
            case .syncGroup: 14
            }
        }

        /// Errors that a real broker answers it with in passing; -195 ends the connection instead.
        var codes: [Int32] {
            switch self {
            // Timed out, not the leader, too few replicas.
            case .produce: [7, 6, 19, -195]
            // Not the leader, timed out.
            case .fetch: [6, 7, -195]
            case .listOffsets: [6, 7, -195]
            // The coordinator loads, is away, is another; the group shares out.
            case .offsetCommit: [14, 15, 16, 27, -195]
            case .joinGroup: [14, 15, 16, -195]
            // The group shares out, the member is unknown, of another generation.
            case .heartbeat: [16, 27, 25, 22, -195]
            case .syncGroup: [16, 27, -195]
            }
        }
    }

    /// A record that gives a dead letter.
    enum PoisonKind: String, Codable, Sendable, CaseIterable {
        case tombstone
        case garbage
        case halfJSON
        case notUTF8
        case missingField
        case badDate
        case tooDeep
        case oversized
    }

    /// How PostgreSQL refuses.
    enum Refusal: String, Codable, Sendable, CaseIterable {
        /// As if nobody listened there.
        case closedPort
        /// Every connection that it allows is taken.
        case noConnectionLeft
    }

    /// What kind of fault it is.
    var kind: FaultKind {
        switch self {
        case .kill: .kill
        case .stop: .stop
        case .stopInBatch: .stopInBatch
        case .staleOwner: .staleOwner
        case .terminateBackend: .terminateBackend
        case .postgresCrash: .postgresCrash
        case .databaseDelay: .databaseDelay
        case .databaseReset: .databaseReset
        case .databaseCut: .databaseCut
        case .commitAnswerLost: .commitAnswerLost
        case .brokerLink: .brokerLink
        case .brokerErrors: .brokerErrors
        case .brokerDown: .brokerDown
        case .brokerSlow: .brokerSlow
        case .storm: .storm
        case .poison: .poison
        case .slowBatch: .slowBatch
        case .databaseRefuse: .databaseRefuse
        case .databaseReadOnly: .databaseReadOnly
        }
    }

    /// The worker that it is aimed at; nil where it is all of them, or none.
    var worker: Int? {
        switch self {
        case .kill(let worker, _, _), .stop(let worker, _), .stopInBatch(let worker, _), .terminateBackend(let worker),
            .databaseDelay(let worker, _, _), .databaseCut(let worker, _, _), .commitAnswerLost(let worker),
            .brokerLink(let worker, _, _), .slowBatch(let worker, _), .staleOwner(let worker, _):
            worker
        case .databaseReset(let worker, _): worker
        case .postgresCrash, .brokerErrors, .brokerDown, .brokerSlow, .storm, .poison, .databaseRefuse,
            .databaseReadOnly:
            nil
        }
    }

    /// About how long it lasts, in seconds; waiting for a batch to come is not in it.
    var length: Double {
        switch self {
        case .kill(_, _, let restartAfter): restartAfter
        case .stop(_, let length), .stopInBatch(_, let length), .databaseDelay(_, _, let length),
            .brokerLink(_, _, let length), .brokerDown(let length), .brokerSlow(_, let length),
            .slowBatch(_, let length), .databaseRefuse(_, let length), .databaseReadOnly(let length):
            length
        case .staleOwner(_, let patience): patience
        case .postgresCrash(let away): away + 1
        case .storm(_, let rounds, let stay): Double(rounds) * (stay + 0.5)
        case .terminateBackend, .databaseReset, .databaseCut, .commitAnswerLost, .brokerErrors, .poison: 0
        }
    }
}

/// A fault and when it begins.
struct PlannedFault: Codable, Sendable, Equatable {
    /// Counted from 1 in the order of the plan.
    var number: Int
    /// Seconds from the first record on.
    var at: Double
    /// Whether nothing else is planned until the farm has got over it: such faults are what is measured.
    var isAlone: Bool
    var fault: Fault
}
