import KafkaClient
import PostgresClient
import Testing

@testable import Runtime

/// What the services' errors mean for the exit code.
@Suite struct ServiceFailureTests {
    @Test(arguments: [
        ("28P01", Runtime.ExitStatus.configuration), ("3D000", .configuration), ("42P01", .configuration),
        ("3F000", .configuration), ("57P03", .unavailable), ("53300", .unavailable), ("25006", .unavailable),
        ("22021", .internalError), ("MF001", .internalError),
    ])
    func sqlStates(_ state: String, _ expected: Runtime.ExitStatus) {
        let error = PostgresError(kind: .server(sqlState: state), message: "m", statement: "s")
        #expect(error.programFailure.exitStatus == expected)
        #expect(error.programFailure.message.contains("m"))
    }

    @Test(arguments: [
        (PostgresError.Kind.connectionRefused, Runtime.ExitStatus.unavailable), (.connectionLost, .unavailable),
        (.timedOut, .unavailable), (.invalidTarget, .configuration), (.protocolViolation, .internalError),
    ])
    func connections(_ kind: PostgresError.Kind, _ expected: Runtime.ExitStatus) {
        let error = PostgresError(kind: kind, message: "m", statement: "s")
        #expect(error.programFailure.exitStatus == expected)
    }

    @Test(arguments: [
        (KafkaError.Kind.authentication, Runtime.ExitStatus.configuration), (.unknownTopic, .configuration),
        (.configuration, .configuration), (.fencedInstance, .configuration), (.transient, .unavailable),
        (.timedOut, .unavailable), (.fatal, .internalError), (.other, .internalError),
    ])
    func kafka(_ kind: KafkaError.Kind, _ expected: Runtime.ExitStatus) {
        let error = KafkaError(kind: kind, code: 0, name: "N", detail: "d", operation: "o")
        #expect(error.programFailure.exitStatus == expected)
        #expect(error.programFailure.message.contains("d"))
    }
}
