/// What each kind of connection is told when it is made.
public enum ConnectionSetup {
    /// Claims and reading. A claim that waits longer than the lock timeout asks who holds it up.
    public static let control = """
        SET search_path = mention_store, mention_farm;
        SET lock_timeout = '500ms';
        SET synchronous_commit = on;
        SET statement_timeout = '60s';
        SET idle_in_transaction_session_timeout = '60s';
        SET jit = off;
        """

    /// The background step: its transactions may be long.
    public static let background = """
        SET search_path = mention_store, mention_farm;
        SET idle_in_transaction_session_timeout = '60s';
        SET jit = off;
        """

    /// Publishing from the outbox: its commits are flushed, and with them all that it has read.
    public static let outbox = """
        SET search_path = mention_store, mention_farm;
        SET lock_timeout = '5s';
        SET synchronous_commit = on;
        SET statement_timeout = '60s';
        SET idle_in_transaction_session_timeout = '60s';
        SET jit = off;
        """

    /// Redriving dead letters and reclassifying: writes as a worker does, but durably, and gives up rather than hold workers up.
    public static let redrive = """
        \(writer(synchronousCommit: true))
        SET lock_timeout = '10s';
        SET statement_timeout = '300s';
        SET idle_in_transaction_session_timeout = '10s';
        """

    /// Writing batches. The planner can't know how many rows an array brings; without these settings a stale guess
    /// could have it read a whole table for a batch.
    public static func writer(synchronousCommit: Bool) -> String {
        """
        SET search_path = mention_store, mention_farm;
        SET synchronous_commit = \(synchronousCommit ? "on" : "off");
        SET idle_in_transaction_session_timeout = '60s';
        SET enable_hashjoin = off;
        SET enable_mergejoin = off;
        SET enable_seqscan = off;
        SET jit = off;
        SET plan_cache_mode = force_generic_plan;
        """
    }
}
