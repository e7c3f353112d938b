-- The breaker: a partition whose records are mostly dead letters is stopped until somebody has looked.

ALTER TABLE partition_progress
    ADD COLUMN tripped_at timestamptz,                -- when the breaker stopped it; null when it did not
    ADD COLUMN accept_below bigint NOT NULL DEFAULT 0; -- dead letters below this offset don't count for the breaker

CREATE TABLE resume_audit (
    resumed_at timestamptz NOT NULL DEFAULT now(),
    resumed_by text NOT NULL,
    consumer_group text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    was_paused text NOT NULL,
    next_offset bigint,
    accept_below bigint NOT NULL,
    reason text
);

-- As in 0001, and says of each partition whether the breaker has stopped it, and what it must leave uncounted.
DROP FUNCTION claim(text, integer, integer[], text, integer);
CREATE FUNCTION claim(
    of_group text, of_topic integer, partitions integer[], new_owner text, writer_pid integer
) RETURNS TABLE (
    partition integer, epoch bigint, next_offset bigint, incarnation integer, last_offset bigint,
    last_timestamp bigint, last_hash bigint, cluster_id text, paused text, is_tripped boolean, accept_below bigint
) LANGUAGE sql AS $$
    INSERT INTO partition_progress AS p (consumer_group, topic_no, partition, epoch, owner, backend_pid, backend_start)
    SELECT of_group, of_topic, u.n, 1, new_owner, writer_pid,
           (SELECT backend_start FROM pg_stat_activity WHERE pid = writer_pid)
    FROM unnest(partitions) AS u (n) ORDER BY u.n
    ON CONFLICT (consumer_group, topic_no, partition) DO UPDATE
    SET epoch = p.epoch + 1, owner = excluded.owner, backend_pid = excluded.backend_pid,
        backend_start = excluded.backend_start
    RETURNING p.partition, p.epoch, p.next_offset, p.incarnation, p.last_offset, p.last_timestamp, p.last_hash,
              p.cluster_id, p.paused, p.tripped_at IS NOT NULL, p.accept_below
$$;

-- As in 0002; what the breaker said of the old records says nothing of the new place.
CREATE OR REPLACE FUNCTION reset_offset(
    of_group text, of_topic text, of_partition integer, offset_to bigint, who text, why text
) RETURNS TABLE (old_offset bigint, new_offset bigint, incarnation integer)
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
#variable_conflict use_column
DECLARE
    standing partition_progress;
BEGIN
    SELECT p.* INTO standing FROM partition_progress p JOIN topic t USING (topic_no)
    WHERE p.consumer_group = of_group AND t.name = of_topic AND p.partition = of_partition FOR UPDATE OF p;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE partition_progress p
    SET epoch = p.epoch + 1, incarnation = p.incarnation + 1, next_offset = offset_to, last_offset = NULL,
        last_timestamp = NULL, last_hash = NULL, cluster_id = NULL, paused = NULL, owner = NULL, tripped_at = NULL,
        accept_below = 0
    WHERE p.consumer_group = of_group AND p.topic_no = standing.topic_no AND p.partition = of_partition;
    INSERT INTO reset_audit (reset_by, consumer_group, topic, partition, old_offset, new_offset, incarnation, reason)
    VALUES (who, of_group, of_topic, of_partition, standing.next_offset, offset_to, standing.incarnation + 1, why);
    RETURN QUERY SELECT standing.next_offset, offset_to, standing.incarnation + 1;
END $$;

-- Lets paused partitions go on. `accept` holds for each of `partitions` below which offset dead letters are taken as
-- they come; null where the breaker counts on. Partitions that are not paused are left alone.
CREATE FUNCTION resume_partitions(
    of_group text, of_topic text, partitions integer[], accept bigint[], who text, why text
) RETURNS TABLE (partition integer, next_offset bigint, accept_below bigint, was_paused text)
LANGUAGE plpgsql SET search_path = mention_store, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH standing AS (
        SELECT p.topic_no, p.partition, p.next_offset, p.paused, u.accept
        FROM unnest(partitions, accept) AS u (n, accept)
        JOIN topic t ON t.name = of_topic
        JOIN partition_progress p ON p.consumer_group = of_group AND p.topic_no = t.topic_no AND p.partition = u.n
        WHERE p.paused IS NOT NULL
        ORDER BY p.partition FOR UPDATE OF p
    ), resumed AS (
        UPDATE partition_progress p
        SET paused = NULL, tripped_at = NULL, accept_below = coalesce(s.accept, p.accept_below)
        FROM standing s
        WHERE p.consumer_group = of_group AND p.topic_no = s.topic_no AND p.partition = s.partition
        RETURNING p.partition, p.next_offset, p.accept_below, s.paused
    ), noted AS (
        INSERT INTO resume_audit (resumed_by, consumer_group, topic, partition, was_paused, next_offset, accept_below,
                                  reason)
        SELECT who, of_group, of_topic, r.partition, r.paused, r.next_offset, r.accept_below, why FROM resumed r
    )
    SELECT r.partition, r.next_offset, r.accept_below, r.paused FROM resumed r ORDER BY r.partition;
END $$;
