public import PostgresClient

/// Writes down each change of `progress`, for tests that break things on purpose: the history by which
/// ``FarmChecker`` judges who moved a partition, from where to where, under which epoch.
///
/// A trigger does it, in the transaction of the change itself: what a crash takes back is taken back here too. Not for
/// production: it costs a row for each partition of each batch, and nothing removes them.
public enum ProgressAudit {
    /// Makes table and trigger. The schema must be there; whoever calls must own it.
    public static func install(on connection: PostgresConnection) async throws(PostgresError) {
        try await connection.execute(
            script: """
                CREATE TABLE progress_audit (
                    step bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    at timestamptz NOT NULL DEFAULT clock_timestamp(),
                    consumer_group text NOT NULL, topic_no integer NOT NULL, partition integer NOT NULL,
                    old_incarnation integer, incarnation integer NOT NULL,
                    old_epoch bigint, epoch bigint NOT NULL,
                    old_offset bigint, next_offset bigint,
                    records bigint NOT NULL, new_mentions bigint NOT NULL, redeliveries bigint NOT NULL,
                    revisions bigint NOT NULL, dead_letters bigint NOT NULL,
                    owner text, writer text NOT NULL DEFAULT current_setting('application_name')
                );
                CREATE FUNCTION audit_progress() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = mention_store, pg_temp AS $$
                BEGIN
                    IF TG_OP = 'DELETE' THEN
                        INSERT INTO progress_audit (consumer_group, topic_no, partition, old_incarnation, incarnation,
                            old_epoch, epoch, old_offset, next_offset, records, new_mentions, redeliveries, revisions,
                            dead_letters, owner)
                        VALUES (OLD.consumer_group, OLD.topic_no, OLD.partition, OLD.incarnation, OLD.incarnation,
                            OLD.epoch, -1, OLD.next_offset, NULL, 0, 0, 0, 0, 0, OLD.owner);
                        RETURN NULL;
                    END IF;
                    INSERT INTO progress_audit (consumer_group, topic_no, partition, old_incarnation, incarnation,
                        old_epoch, epoch, old_offset, next_offset, records, new_mentions, redeliveries, revisions,
                        dead_letters, owner)
                    VALUES (NEW.consumer_group, NEW.topic_no, NEW.partition, OLD.incarnation, NEW.incarnation,
                        OLD.epoch, NEW.epoch, OLD.next_offset, NEW.next_offset,
                        NEW.records - coalesce(OLD.records, 0), NEW.new_mentions - coalesce(OLD.new_mentions, 0),
                        NEW.redeliveries - coalesce(OLD.redeliveries, 0), NEW.revisions - coalesce(OLD.revisions, 0),
                        NEW.dead_letters - coalesce(OLD.dead_letters, 0), NEW.owner);
                    RETURN NULL;
                END $$;
                CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON partition_progress
                FOR EACH ROW EXECUTE FUNCTION audit_progress();
                """
        )
    }
}
