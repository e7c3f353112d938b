import ArgumentParser

/// The program `mention-admin`.
struct MentionAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-admin",
        abstract: "Sets up, looks at and repairs a mention farm.",
        discussion: """
            Examples:
              mention-admin migrate                         # make or update the schema
              mention-admin status                          # who works, and on what
              mention-admin verify                          # do all tables agree?
              mention-admin brands add Acme --alias "Acme Corp" --handle acme
              mention-admin reclassify --dry-run            # what would another model say?
              mention-admin clusters --sort growth          # what is being copied now
              mention-admin search "battery life" --brand Acme
              mention-admin forget author twitter 2244994945 --dry-run

            Lists are tables; with --json they are one JSON object a line. Each option can also be set in the \
            environment or in the file of --config. It waits 60 s for a service that is away.
            Exit codes: 0 done, 64 usage, 69 a service stayed away, 70 internal error or a failed check of verify
            or of reconcile --check, 78 configuration.
            """,
        subcommands: [
            Migrate.self, Status.self, Lag.self, Verify.self, Brands.self, RematchCommand.self,
            ReclassifyCommand.self, DeadLetters.self, Advocates.self, Clusters.self, ReconcileCommand.self,
            Search.self, Forget.self, Export.self, Retention.self, Reset.self, Resume.self,
        ]
    )
}
