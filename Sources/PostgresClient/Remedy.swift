extension PostgresError {
    /// What to do about a failure that only a changed set-up cures (``FailureClass/configuration``), in the imperative;
    /// nil for every other.
    public var remedy: String? {
        guard failureClass == .configuration else { return nil }
        switch sqlState {
        case nil: return refusedHereRemedy
        case "28P01":
            return "check user and password in DATABASE_URL, DATABASE_URL_FILE, PGPASSWORD or PGPASSFILE"
        case let state? where state.hasPrefix("28"):
            if message.contains("no encryption") {
                return "the server seems to take this login over TLS alone: set sslmode=verify-full and sslrootcert "
                    + "in DATABASE_URL, or have pg_hba.conf admit it"
            }
            return "check user and database in DATABASE_URL, that the role may LOGIN and that pg_hba.conf admits it"
        case let state? where state.hasPrefix("3D"):
            return "create the database, or correct DATABASE_URL"
        default:
            return "check that mention-admin migrate was run with this database, and the user's rights: workers need "
                + "GRANT mention_farm_writer TO the user of DATABASE_URL"
        }
    }

    /// libpq's own refusals.
    private var refusedHereRemedy: String {
        if message.contains("no password supplied") {
            return "the server wants a password: give it in DATABASE_URL_FILE, PGPASSWORD or PGPASSFILE"
        }
        if message.contains("does not support SSL") {
            return "the server has TLS turned off: turn it on (ssl = on), or choose another sslmode in DATABASE_URL"
        }
        if ["certificate", "SSL", "private key"].contains(where: { message.contains($0) }) {
            return "check sslmode and sslrootcert in DATABASE_URL: sslrootcert names a file with the certificate of "
                + "the authority that signed the server's, and with verify-full the host must be one that it names"
        }
        return "correct DATABASE_URL"
    }
}
