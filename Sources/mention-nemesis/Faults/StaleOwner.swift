import Foundation
import Persistence

/// The fault that is aimed at the fence: an owner who writes after the claim of the next one, and before its first
/// batch. In that instant the offsets still stand where the stale owner left them, and the epoch alone refuses it.
extension Arena {
    /// How often is looked whether the claim has come. What the claimants begin waits meanwhile.
    private static let glance = Duration.milliseconds(10)
    /// How long claimants are kept waiting for a claim that belongs to the stale owner's partitions.
    private static let hold = Duration.seconds(3)
    /// How long the stale worker may take to write the rest of its batch, should nobody refuse it.
    private static let ending = Duration.seconds(5)

    /// Keeps a batch of a worker back and stops the worker, until others have claimed its partitions; then lets the
    /// batch arrive and the worker go on, while the first batches of the others are kept back.
    func staleOwner(_ place: WorkerPlace, _ patience: Double) async -> Outcome {
        // One at a time: somebody must be left to claim.
        await claimTurn.take {
            // It takes its time, and others waited for their turn: no run gets longer by it.
            let end = chronicle.instant(latest)
            guard ContinuousClock.now < end, !Task.isCancelled else { return .missed("the run was over") }
            guard let process = await runningWorker(place) else { return .missed("no worker was running") }
            guard let batch = await place.database.keepBack(within: min(Self.patience, end - .now)) else {
                return .missed("no batch came by")
            }
            guard let id = process.processID, process.signal(SIGSTOP) else {
                place.database.release()
                return .missed("another fault had ended it")
            }
            let others = (crew.places + crew.guests).filter { $0 !== place }.map(\.database)
            let lost = await claimed(from: id, by: others, until: min(.now + .seconds(patience), end))
            place.database.release()
            process.signal(SIGCONT)
            let answer = lost == nil ? await batch.answer(within: Self.ending) : nil
            for other in others { other.watchClaims(false) }
            if let lost { return .missed(lost) }
            return switch answer {
            case .committed: Outcome(inFlight: true, note: "committed", isFenced: false)
            case .refused("MF001"): Outcome(inFlight: true, note: "refused", isFenced: true)
            case .refused(let code): .missed("the batch failed with \(code)")
            case .never: .missed("another fault had ended its connection")
            case nil: .missed("the batch was not answered")
            }
        }
    }

    /// Waits until all partitions of a stopped worker are claimed by others, and none has been written to since. Nil
    /// when that is so, and the claimants' first batches are kept back; else why not.
    private func claimed(from process: Int32, by others: [FaultProxy], until deadline: ContinuousClock.Instant) async
        -> String?
    {
        var before: [Int32: PartitionPulse] = [:]
        while before.isEmpty {
            if let all = await pulse.standings() {
                let own = all.filter { $0.owner?.contains("/\(process)@") == true }
                if own.isEmpty { return "it held no partition any more" }
                before = Dictionary(uniqueKeysWithValues: own.map { ($0.partition, $0) })
            } else {
                guard ContinuousClock.now < deadline, await rests() else { return "the server was away" }
            }
        }
        while ContinuousClock.now < deadline {
            for other in others { other.watchClaims(true) }
            while !others.contains(where: \.hasSeenClaim) {
                guard ContinuousClock.now < deadline, await rests() else { return "nobody claimed its partitions" }
            }
            let end = ContinuousClock.now + Self.hold
            while ContinuousClock.now < end {
                if let all = await pulse.standings() {
                    let now = all.compactMap { row in before[row.partition].map { (row, $0) } }
                    if now.contains(where: { $0.nextOffset != $1.nextOffset }) { return "others had written already" }
                    if now.allSatisfy({ $0.epoch > $1.epoch && $0.owner != nil }) { return nil }
                }
                guard await rests() else { return "the run was broken off" }
            }
            // The claim was another one; let go what waits for it.
            for other in others { other.watchClaims(false) }
        }
        return "nobody claimed all of its partitions"
    }

    /// A short pause; false when the run is broken off.
    private func rests() async -> Bool { (try? await Task.sleep(for: Self.glance)) != nil }
}
