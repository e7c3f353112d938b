import FarmMetrics
import Logging
import MetricsServing
import Runtime
import Testing

@Suite struct AddressTests {
    @Test func readsAddresses() {
        #expect(MetricsAddress("none") == .off)
        #expect(MetricsAddress("127.0.0.1:9464") == .exactly(host: "127.0.0.1", port: 9_464))
        #expect(MetricsAddress("localhost:0") == .exactly(host: "127.0.0.1", port: 0))
        #expect(MetricsAddress("[::1]:80") == .exactly(host: "::1", port: 80))
        for text in ["", "9464", ":9464", "host:", "host:99999", "host:-1", "::1:80", "[::1]", "[a]:1", "off"] {
            #expect(MetricsAddress(text) == nil, "\(text)")
        }
    }

    @Test func whatIsTakenIsAnErrorOnlyWhereItWasAskedFor() async throws {
        let pages = MetricsPages(
            metrics: { "" },
            health: { .init(isWell: true, text: "") },
            readiness: { .init(isWell: true, text: "") }
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        // An address that no machine has.
        let asked = MetricsServer(.exactly(host: "192.0.2.1", port: 9_464), pages: pages, logger: logger)
        await #expect(throws: ProgramFailure.self) { try await asked.serve { 1 } }
        let named = MetricsServer(.exactly(host: "no-address", port: 9_464), pages: pages, logger: logger)
        await #expect(throws: ProgramFailure.self) { try await named.serve { 1 } }
        // Two of one machine: the second takes the next port.
        let server = MetricsServer(.firstFree, pages: pages, logger: logger)
        #expect(try await server.serve { try await server.serve { 2 } } == 2)
        #expect(try await MetricsServer(.off, pages: pages, logger: logger).serve { 3 } == 3)
    }
}
