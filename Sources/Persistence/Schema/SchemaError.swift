/// The schema in the database is not the one that this program knows. The description says what to run.
public enum SchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The database has no schema `mention_farm`.
    case missing
    /// The schema is older than this program.
    case outdated(found: Int32, known: Int32)
    /// The schema is newer than this program.
    case tooNew(found: Int32, known: Int32)
    /// The schema is there, and this login may not look into it.
    case noAccess(user: String)
    /// A script that was applied is not the one that this program carries.
    case changed(number: Int32, name: String)

    /// One sentence with the remedy.
    public var description: String {
        switch self {
        case .missing:
            "the database has no schema mention_farm: run: mention-admin migrate"
        case .outdated(let found, let known):
            "the schema has version \(found), this program needs \(known): run: mention-admin migrate"
        case .tooNew(let found, let known):
            "this program is older than the schema (it knows version \(known), the schema has \(found)): upgrade it"
        case .noAccess(let user):
            "user \(user) has no rights on the schema mention_store: GRANT \(DatabaseRoles.writer) TO \"\(user)\""
                + " (the views alone: \(DatabaseRoles.reader))"
        case .changed(let number, let name):
            "migration \(number) (\(name)) was applied from another text than this program's: "
                + "use the program that made this schema, or another database"
        }
    }
}
