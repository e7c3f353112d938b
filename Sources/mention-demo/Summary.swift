import Persistence
import PostgresClient
import Runtime

/// What is said when the show is over.
struct Summary: Sendable {
    let farm: FarmPrograms
    let end: FarmRun.End

    /// Writes it to standard output. Returns whether `mention-admin verify` found all in order.
    func write() async throws -> Bool {
        let connection = try await PostgresConnection.connect(
            PostgresTarget(url: farm.addresses.databaseURL),
            applicationName: "mention-demo",
            timeout: .seconds(10)
        )
        let overview = FarmOverview(connection, timeout: .seconds(30))
        let counts: FarmOverview.Counts
        let copies: FarmOverview.Copies
        do {
            counts = try await overview.counts(group: farm.group, topic: farm.topic)
            copies = try await overview.copies()
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        let verify = farm.admin(["verify"])
        let outcome = try await verify.run()
        let number = TextShape.grouped
        let seconds = Double(end.duration / .milliseconds(1)) / 1_000
        let rate = seconds > 0 ? Int64(Double(counts.records) / seconds) : 0
        var lines = [
            "",
            "\(number(counts.records)) records in \(TextShape.clock(end.duration)) (\(number(rate))/s):",
            "  \(number(counts.newMentions)) new mentions, \(number(counts.redeliveries)) re-deliveries, "
                + "\(number(counts.revisions)) revisions, \(number(counts.deadLetters)) dead letters",
            "  \(number(copies.folded)) copies folded into \(number(copies.clusters)) clusters",
        ]
        if let lag = end.lag, lag > 0 { lines.append("  \(number(lag)) records were left unread") }
        lines.append(outcome.isSuccess ? "verify: all sums agree" : "verify: FAILED")
        lines += outcome.output.split(separator: "\n").prefix(40).map { "  " + TextShape.plain(String($0)) }
        StandardStream.output.write(lines.joined(separator: "\n") + "\n")
        return outcome.isSuccess
    }
}
