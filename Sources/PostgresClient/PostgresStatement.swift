/// One SQL statement with its parameters.
///
/// It is prepared on its first use on a connection and then found again by its SQL and parameter types, so the SQL
/// should be constant: values belong into `parameters`.
public struct PostgresStatement: Sendable {
    /// What the statement does, for errors and logs: "batch.guard". No data.
    public var operation: String
    /// The SQL, with `$1`, `$2`, … for the parameters; one statement.
    public var sql: String
    /// The values of the parameters, at most 65,535.
    public var parameters: [PostgresParameter]

    /// Makes a statement.
    public init(_ operation: String, _ sql: String, _ parameters: [PostgresParameter] = []) {
        self.operation = operation
        self.sql = sql
        self.parameters = parameters
    }
}
