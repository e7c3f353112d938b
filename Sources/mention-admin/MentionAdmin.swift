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
              mention-admin config check                    # which settings are in effect, and what is wrong
              mention-admin reclassify --dry-run            # what would another model say?
              mention-admin advocates Acme                  # who speaks for it
              mention-admin explain Acme @jane              # and why we think so
              mention-admin authors join twitter:1 reddit:jane  # one person with two accounts
              mention-admin clusters --sort growth          # what is being copied now
              mention-admin triage next --team support      # what waits for an answer
              mention-admin conversations Acme              # who answers whom, and how fast
              mention-admin search "battery life" --brand Acme
              mention-admin report Acme --html acme.html    # the last week on a page
              mention-admin forget author twitter 2244994945 --dry-run

            Lists are tables; with --json they are one JSON object a line. Each option can also be set in the \
            environment or in the file of --config. It waits 60 s for a service that is away.
            Exit codes: 0 done, 64 usage, 69 a service stayed away, 70 internal error or a failed check of verify
            or of reconcile --check, 78 configuration.
            """,
        subcommands: [
            Migrate.self, Status.self, Lag.self, Verify.self, Brands.self, RematchCommand.self,
            ReclassifyCommand.self, DeadLetters.self, Advocates.self, Explain.self, Authors.self, Scores.self,
            Clusters.self,
            ConversationsCommand.self, ThreadCommand.self, ReconcileCommand.self, Search.self, SignalsCommand.self,
            ReportCommand.self, TriageCommand.self, Forget.self, Export.self, Retention.self, Reset.self, Resume.self,
            ConfigCommand.self, ConfigurationReferenceCommand.self,
        ]
    )
}
