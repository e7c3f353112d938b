import PostgresClient

/// Numbers for names: dictionary rows are made by the batch that first needs them.
enum DictionarySQL {
    /// Two statements that make the missing rows of `table` and read all; none for no names. `names` is sorted.
    static func resolve(_ table: StaticString, _ names: [String]) -> [PostgresStatement] {
        guard !names.isEmpty else { return [] }
        return [
            PostgresStatement(
                "insert \(table) names",
                "INSERT INTO \(table) (name) SELECT n FROM unnest($1::text[]) AS u (n) ORDER BY n ON CONFLICT DO NOTHING",
                [.textArray(names)]
            ),
            PostgresStatement(
                "read \(table) names",
                "SELECT name, \(table)_no FROM \(table) WHERE name = ANY ($1::text[])",
                [.textArray(names)]
            ),
        ]
    }

    /// Reads the second statement's answer.
    static func numbers(_ names: [String], _ answer: PostgresResult?) -> [ExactName: Int32] {
        guard let answer, !names.isEmpty else { return [:] }
        var numbers: [ExactName: Int32] = [:]
        for row in 0..<answer.rowCount {
            if let name = answer.string(row, 0), let number = answer.int4(row, 1) { numbers[ExactName(name)] = number }
        }
        return numbers
    }
}
