import BrandMatching
import Logging
import Persistence
import PostgresClient

/// Looks for a new version of the registered brands every few seconds.
struct BrandRefresh {
    let context: WorkerContext
    let interval: Duration

    /// Runs until the task is cancelled.
    func run() async throws {
        while true {
            context.health.rested(.brands)
            try await Task.sleep(for: interval)
            context.health.turned(.brands)
            let known = context.matcher.current.version
            let fresh = try await context.control.perform { connection throws(PostgresError) in
                try await Self.load(newerThan: known, on: connection)
            }
            guard let fresh else { continue }
            context.matcher.replace(with: fresh)
            context.logger.info("brands read", metadata: ["version": "\(fresh.version)"])
        }
    }

    /// A matcher for the brands in force; nil when they are still of version `known`.
    static func load(newerThan known: Int64?, on connection: PostgresConnection) async throws(PostgresError)
        -> BrandMatcher?
    {
        if let known, try await BrandCatalogue.version(connection) == known { return nil }
        let (version, brands) = try await BrandCatalogue.load(connection)
        let definitions = brands.map { brand in
            BrandDefinition(
                number: brand.number,
                name: brand.name,
                aliases: brand.aliases,
                handles: brand.handles,
                excluded: brand.excluded,
                ownAccounts: brand.ownAccounts
            )
        }
        return BrandMatcher(definitions, version: version)
    }
}
