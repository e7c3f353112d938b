internal import MentionModel

/// One numbered script of the folder Migrations, which the program carries in itself.
///
/// Scripts are append-only: a script that was released is never changed, a new one follows it.
public struct Migration: Sendable {
    /// 1, 2, 3, … without gaps.
    public let number: Int32
    /// What the file's name says after the number.
    public let name: String
    /// SHA-256 of the file, in hex.
    public let checksum: String
    let script: String

    init(_ number: Int32, _ name: String, _ bytes: [UInt8]) {
        self.number = number
        self.name = name
        script = String(decoding: bytes, as: UTF8.self)
        checksum = SHA256.hexDigest(of: bytes.span)
    }

    /// All scripts, in order.
    public static let all: [Migration] = [
        Migration(1, "foundation", PackageResources._001_foundation_sql),
        Migration(2, "ledger", PackageResources._002_ledger_sql),
        Migration(3, "relating", PackageResources._003_relating_sql),
        Migration(4, "views", PackageResources._004_views_sql),
        Migration(5, "dead_letters", PackageResources._005_dead_letters_sql),
        Migration(6, "roles", PackageResources._006_roles_sql),
        Migration(7, "breaker", PackageResources._007_breaker_sql),
        Migration(8, "models", PackageResources._008_models_sql),
        Migration(9, "copies", PackageResources._009_copies_sql),
        Migration(10, "thread_ledger", PackageResources._010_thread_ledger_sql),
        Migration(11, "standing", PackageResources._011_standing_sql),
        Migration(12, "threads", PackageResources._012_threads_sql),
        Migration(13, "triage", PackageResources._013_triage_sql),
        Migration(14, "signals", PackageResources._014_signals_sql),
        Migration(15, "search", PackageResources._015_search_sql),
        Migration(16, "forgetting", PackageResources._016_forgetting_sql),
        Migration(17, "statistics", PackageResources._017_statistics_sql),
        Migration(18, "person", PackageResources._018_person_sql),
        Migration(19, "retention", PackageResources._019_retention_sql),
    ]
}
