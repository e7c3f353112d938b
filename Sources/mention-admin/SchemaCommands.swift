import ArgumentParser
import Persistence
import Runtime

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the schema mention_farm, or brings it up to date.",
        discussion: """
            Idempotent, and safe to run from many hosts at once. Workers may run meanwhile. Run it always as the same \
            login: it owns the schema. It makes the roles mention_farm_writer and mention_farm_reader, where it may.

            Examples:
              mention-admin migrate --database-url postgresql://farm_owner@db/mentions
              psql -c "CREATE ROLE farm LOGIN PASSWORD '…' IN ROLE mention_farm_writer"    # for workers
              psql -c "CREATE ROLE viewer LOGIN PASSWORD '…' IN ROLE mention_farm_reader"  # for dashboards
            """
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase(checked: false) { connection, _ in
            let done = try await Migrator.migrate(connection)
            var report = Report("migration", "name")
            for migration in done { report.add(.integer(Int64(migration.number)), .text(migration.name)) }
            report.write(json: options.json, whenEmpty: "The schema is up to date (version \(Schema.version)).")
            let missing = try await DatabaseRoles.missing(connection)
            if !missing.isEmpty {
                let remedy = missing.map { "CREATE ROLE \($0) NOLOGIN;" }.joined(separator: " ")
                StandardStream.error.write(
                    "mention-admin: this login may not make the roles \(missing.joined(separator: " and ")); all works "
                        + "without them for the schema's owner. To have them, run as a superuser: \(remedy) and then "
                        + "mention-admin migrate again\n"
                )
            }
        }
    }
}

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks that all tables agree with each other, in one snapshot.",
        discussion: """
            One line per check; exits 70 when one fails. Workers may run meanwhile. A million mentions take about half \
            a minute.

            Example:
              mention-admin verify && echo all is well
            """
    )

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let checks = try await Verifier.run(on: connection) { check in
                if !options.json { show(check) }
            }
            if options.json {
                var report = Report("check", "passed", "failures", "examples", "holds", "seconds")
                for check in checks {
                    report.add(
                        .text(check.name),
                        .flag(check.passed),
                        .integer(check.failures),
                        .list(check.examples),
                        .text(check.holds),
                        .real(check.seconds)
                    )
                }
                report.write(json: true, whenEmpty: "")
            }
            let failed = checks.filter { !$0.passed }
            if !failed.isEmpty {
                throw ProgramFailure(
                    .internalError,
                    "\(failed.count) of \(checks.count) checks failed (\(failed.map(\.name).joined(separator: ", "))): "
                        + "keep the database as it is and report this"
                )
            }
        }
    }

    private func show(_ check: VerificationCheck) {
        let examples = check.passed ? "" : " — \(check.failures): \(check.examples.joined(separator: "; "))"
        StandardStream.output.write(
            Visible.text("\(check.passed ? "ok    " : "FAILED") \(check.name): \(check.holds)\(examples)") + "\n"
        )
    }
}
