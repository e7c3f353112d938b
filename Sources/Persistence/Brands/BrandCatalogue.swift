public import PostgresClient

/// A registered brand with its number in the database.
public struct BrandRow: Sendable, Equatable {
    /// `brand.brand_no`.
    public var number: Int32
    /// Name and terms.
    public var specification: BrandSpecification

    /// The name.
    public var name: String { specification.name }
    /// Other names.
    public var aliases: [String] { specification.aliases }
    /// Accounts that stand for the brand.
    public var handles: [String] { specification.handles }
    /// Terms that must not occur.
    public var excluded: [String] { specification.excluded }
    /// The brand's own accounts.
    public var ownAccounts: [String] { specification.ownAccounts }
}

/// The registered brands. Each change is one transaction and raises the version, by which workers know that they must
/// load again.
///
/// A brand that only events name exists without being registered: it has no terms, and is not listed here.
public enum BrandCatalogue {
    private static let timeout = Duration.seconds(60)

    /// The version now: a cheap question for every few seconds.
    public static func version(_ connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        let row = try await connection.query(
            PostgresStatement("read brand version", "SELECT version FROM brand_catalogue"),
            timeout: timeout
        )
        return row.int8(0, 0) ?? 0
    }

    /// How long ago the version was made, by the server's clock.
    public static func age(_ connection: PostgresConnection) async throws(PostgresError) -> Duration {
        let row = try await connection.query(
            PostgresStatement(
                "read age of brands",
                "SELECT extract(epoch FROM clock_timestamp() - changed_at)::double precision FROM brand_catalogue"
            ),
            timeout: timeout
        )
        return .seconds(row.double(0, 0) ?? 0)
    }

    /// The registered brands by name, with the version that they are; read in one snapshot.
    public static func load(
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> (version: Int64, brands: [BrandRow]) {
        let rows = try await connection.query(
            PostgresStatement(
                "load brands",
                """
                SELECT c.version, b.brand_no, b.name, t.aliases, t.handles, t.excluded, t.own_accounts
                FROM brand_catalogue c
                LEFT JOIN brand b ON b.registered
                LEFT JOIN (
                    SELECT brand_no, array_agg(term ORDER BY term) FILTER (WHERE kind = 'alias') AS aliases,
                           array_agg(term ORDER BY term) FILTER (WHERE kind = 'handle') AS handles,
                           array_agg(term ORDER BY term) FILTER (WHERE kind = 'excluded') AS excluded,
                           array_agg(term ORDER BY term) FILTER (WHERE kind = 'own_account') AS own_accounts
                    FROM brand_term GROUP BY brand_no) AS t USING (brand_no)
                ORDER BY b.name
                """
            ),
            timeout: timeout
        )
        let brands = (0..<rows.rowCount).compactMap { row -> BrandRow? in
            guard let number = rows.int4(row, 1), let name = rows.string(row, 2) else { return nil }
            func terms(_ column: Int) -> [String] { rows.textArray(row, column)?.compactMap { $0 } ?? [] }
            return BrandRow(
                number: number,
                specification: BrandSpecification(
                    name: name,
                    aliases: terms(3),
                    handles: terms(4),
                    excluded: terms(5),
                    ownAccounts: terms(6)
                )
            )
        }
        return (rows.int8(0, 0) ?? 0, brands)
    }

    /// Registers brands; what a name had as terms before is replaced. The last of repeated names wins. One statement,
    /// whatever their number.
    /// - Returns: the new version.
    @discardableResult
    public static func set(
        _ brands: [BrandSpecification],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Int64 {
        var places: [ExactName: Int] = [:]
        var unique: [BrandSpecification] = []
        for brand in brands {
            if let place = places[ExactName(brand.name)] {
                unique[place] = brand
            } else {
                places[ExactName(brand.name)] = unique.count
                unique.append(brand)
            }
        }
        var termsOf: [Int32] = []
        var kinds: [String] = []
        var terms: [String] = []
        for (place, brand) in unique.enumerated() {
            for (kind, term) in brand.terms {
                termsOf.append(Int32(truncatingIfNeeded: place &+ 1))
                kinds.append(kind)
                terms.append(term)
            }
        }
        let row = try await connection.query(
            PostgresStatement(
                "set brands",
                "SELECT set_brands($1, $2, $3, $4)",
                [.textArray(unique.map(\.name)), .int4Array(termsOf), .textArray(kinds), .textArray(terms)]
            ),
            timeout: timeout
        )
        return row.int8(0, 0) ?? 0
    }

    /// Takes brands out of the matching; mentions keep them.
    /// - Returns: how many of the names were registered.
    public static func remove(
        _ names: [String],
        on connection: PostgresConnection
    ) async throws(PostgresError) -> Int {
        let row = try await connection.query(
            PostgresStatement("remove brands", "SELECT remove_brands($1)", [.textArray(names)]),
            timeout: timeout
        )
        return Int(row.int4(0, 0) ?? 0)
    }
}
