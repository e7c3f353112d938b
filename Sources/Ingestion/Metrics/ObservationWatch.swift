import KafkaClient
import Persistence
import PostgresClient

/// Asks Kafka every few seconds for the ends of the partitions that are held, and PostgreSQL now and then how it stands,
/// for metrics and health alone. What does not answer is asked again: others say that a service is away.
struct ObservationWatch {
    /// How often Kafka is asked.
    static let interval = Duration.seconds(5)
    /// How often the database is asked.
    static let databaseInterval = Duration.seconds(30)

    let context: WorkerContext
    let rebalancing: Rebalancing

    /// Runs until the task is cancelled.
    func run() async throws {
        let observation = context.settings.observation
        var databaseDue = ContinuousClock.now
        while true {
            let partitions = await rebalancing.holdings.keys.sorted().map(context.topicPartition)
            if !partitions.isEmpty, !context.kafkaCondition.isOngoing {
                do throws(KafkaError) {
                    let bounds = try await context.kafka.inspector.watermarks(partitions, timeout: .seconds(2))
                    observation.learned(
                        Dictionary(bounds.map { ($0.key.partition, $0.value.high) }) { first, _ in first }
                    )
                } catch {
                    context.logger.debug("Kafka: no ends of partitions", metadata: ["error": "\(error)"])
                }
            }
            if ContinuousClock.now >= databaseDue, let connection = await context.control.current() {
                databaseDue = .now + Self.databaseInterval
                do throws(PostgresError) {
                    observation.learned(
                        try await DatabaseGauge.read(
                            group: context.settings.group,
                            topic: context.settings.topic,
                            on: connection
                        )
                    )
                } catch {
                    context.logger.debug("PostgreSQL: no gauges", metadata: ["error": "\(error.message)"])
                }
            }
            await observation.look()
            try await Task.sleep(for: Self.interval)
        }
    }
}
