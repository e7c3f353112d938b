import Conditions
import KafkaClient
import Pipeline

/// Asks Kafka about topics and offsets, again and again until it answers; said once.
actor KafkaLink {
    nonisolated let inspector: KafkaInspector
    private let topic: String
    private let giveUpAfter: Duration?
    private let condition: ConditionLog
    private var backoff: Backoff

    init(_ inspector: KafkaInspector, settings: WorkerSettings, condition: ConditionLog) {
        self.inspector = inspector
        topic = settings.topic
        giveUpAfter = settings.giveUpAfter
        self.condition = condition
        backoff = Backoff(seed: settings.seed &+ 1)
    }

    /// The answer to `question`.
    /// - Throws: ``WorkerFailure`` when Kafka refuses us or stayed away too long, `CancellationError`.
    func ask<R: Sendable>(_ question: @Sendable (KafkaInspector) async throws(KafkaError) -> R) async throws -> R {
        let begin = ContinuousClock.now
        while true {
            do throws(KafkaError) {
                let answer = try await question(inspector)
                condition.healed()
                backoff.reset()
                return answer
            } catch {
                try await recover(from: error, since: begin)
            }
        }
    }

    private func recover(from error: KafkaError, since begin: ContinuousClock.Instant) async throws {
        switch error.kind {
        case .unknownTopic, .authentication, .configuration:
            throw WorkerFailure.refused(Consumption.remedy(error, topic: topic))
        default: break
        }
        try Task.checkCancellation()
        condition.seen(error.detail, kind: "away")
        if let giveUpAfter, ContinuousClock.now - begin > giveUpAfter {
            throw WorkerFailure.unavailable("Kafka stayed away: \(error.detail)")
        }
        try await Task.sleep(for: backoff.next())
    }
}
