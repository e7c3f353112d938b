import KafkaClient

/// Faults of the broker and of the way to it.
extension Arena {
    /// The way between one worker and the broker.
    func link(_ place: WorkerPlace, _ trouble: Fault.LinkTrouble, _ length: Double) async -> Outcome {
        await place.brokerTurn.take {
            let inFlight = place.database.hasBatch
            switch trouble {
            case .reset: place.broker.reset()
            case .slow:
                place.broker.delay(.milliseconds(150))
                await pause(length)
                place.broker.delay(.zero)
            case .stalled:
                place.broker.stall(true)
                await pause(length)
                place.broker.stall(false)
            }
            return Outcome(inFlight: inFlight)
        }
    }

    /// The next requests of a kind, whoever sends them, are answered with errors.
    func errors(_ request: Fault.BrokerRequest, _ codes: [Int32]) async -> Outcome {
        let inFlight = hasBatch
        do throws(KafkaError) {
            try await broker.pushErrors(apiKey: request.apiKey, codes)
            return Outcome(inFlight: inFlight)
        } catch {
            return .missed("\(error)")
        }
    }

    /// The broker is gone for a while, shorter than a producer waits for it.
    func brokerDown(_ length: Double) async -> Outcome {
        await brokerTurn.take {
            let inFlight = hasBatch
            do throws(KafkaError) {
                try await broker.setDown(broker: -1)
            } catch {
                return .missed("\(error)")
            }
            await pause(length)
            try? await broker.setUp(broker: -1)
            return Outcome(inFlight: inFlight)
        }
    }

    /// Every answer comes late.
    func brokerSlow(_ milliseconds: Int, _ length: Double) async -> Outcome {
        await brokerTimeTurn.take {
            let inFlight = hasBatch
            do throws(KafkaError) {
                try await broker.setRoundTripTime(broker: -1, .milliseconds(milliseconds))
            } catch {
                return .missed("\(error)")
            }
            await pause(length)
            try? await broker.setRoundTripTime(broker: -1, .zero)
            return Outcome(inFlight: inFlight)
        }
    }

    /// A burst of records that give dead letters.
    func poison(_ partition: Int, _ records: [Fault.PoisonKind]) async -> Outcome {
        let inFlight = hasBatch
        do throws(KafkaError) {
            try await poisoner.publish(records, to: Int32(partition))
            return Outcome(inFlight: inFlight, note: "\(records.count) records")
        } catch {
            return .missed("\(error)")
        }
    }
}
