import EmbeddedServices
import Foundation
import KafkaClient
import PostgresClient
import Testing

/// The broker and the PostgreSQL of this test run: those that `KAFKA_BOOTSTRAP_SERVERS` and `DATABASE_URL` name, else
/// embedded ones that live as long as the suite.
struct Services: Sendable {
    @TaskLocal static var current: Services?

    /// Nil where a real one is given: it can't be stopped or broken by a test.
    let broker: EmbeddedBroker?
    /// Nil where a real one is given.
    let server: EmbeddedPostgres?
    let kafka: KafkaConfiguration
    let databaseURL: String

    static let givenServers = variable("KAFKA_BOOTSTRAP_SERVERS")
    static let givenDatabase = variable("DATABASE_URL")

    static func required() throws -> Services {
        try #require(current, "the suite needs the .services trait")
    }

    private static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Starts the services before the first test of a suite and stops them after its last.
struct ServicesTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing body: @Sendable () async throws -> Void
    ) async throws {
        let broker = Services.givenServers == nil ? try EmbeddedBroker() : nil
        // The writer of the log sleeps, so that a crash loses what was committed and not flushed.
        let settings = ["fsync": "off", "wal_writer_delay": "10s"]
        let server = Services.givenDatabase == nil ? try await EmbeddedPostgres.start(settings: settings) : nil
        let services = Services(
            broker: broker,
            server: server,
            kafka: KafkaConfiguration(bootstrapServers: Services.givenServers ?? broker?.bootstrapServers ?? ""),
            databaseURL: Services.givenDatabase ?? server?.url ?? ""
        )
        var failure: (any Error)?
        do {
            try await Services.$current.withValue(services, operation: body)
        } catch {
            failure = error
        }
        await server?.stop(mode: .immediate)
        await broker?.close()
        if let failure { throw failure }
    }
}

extension Trait where Self == ServicesTrait {
    static var services: ServicesTrait { ServicesTrait() }
}

extension Trait where Self == ConditionTrait {
    /// For tests that break the broker.
    static var ownBroker: ConditionTrait {
        .enabled("KAFKA_BOOTSTRAP_SERVERS names a broker that is not ours to stop") { Services.givenServers == nil }
    }

    /// For tests that stop the database server.
    static var ownServer: ConditionTrait {
        .enabled("DATABASE_URL names a server that is not ours to stop") { Services.givenDatabase == nil }
    }
}

/// The whole path, with workers as processes of their own. One test at a time: they are many processes each.
@Suite(.serialized, .services, .timeLimit(.minutes(15)))
enum WholeFarm {}

/// The same where something goes wrong: bad records, workers that are killed, services that are away. Beside the others,
/// with services of its own: both wait for time-outs of the broker most of the time.
@Suite(.serialized, .services, .timeLimit(.minutes(15)))
enum FarmUnderFaults {}
