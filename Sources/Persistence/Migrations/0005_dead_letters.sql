-- What people do about dead letters: what became of each, and who did what when.

ALTER TABLE dead_letter_record
    -- What a redriven record came to.
    ADD COLUMN outcome text COLLATE "C" CHECK (outcome IN ('new', 'redelivered', 'revision')),
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN resolved_by text,
    ADD CONSTRAINT dead_letter_resolved CHECK (
        (status = 'redriven') = (outcome IS NOT NULL)
        AND (status = 'open') = (resolved_at IS NULL) AND (status = 'open') = (resolved_by IS NULL));

-- Append-only. Written in the transaction that does what it tells; an attempt that changed nothing has a line too.
CREATE TABLE dead_letter_audit (
    audit_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    action text COLLATE "C" NOT NULL CHECK (action IN ('redrive', 'discard')),
    dead_letter_no bigint NOT NULL,
    -- An outcome, 'discarded', 'unavailable', or the reason code for which the record is still open.
    result text COLLATE "C" NOT NULL,
    note text,
    edited_sha256 bytea,                 -- of the payload that was put in place of the stored one, which is never kept:
    edited_bytes bigint,                 -- whoever edited it has it
    CHECK ((edited_sha256 IS NULL) = (edited_bytes IS NULL))
);

-- The first statement of a redrive: marks the transaction as a batch, as guard does, locks the progress rows and then
-- the dead letters, both in order, and refuses with SQLSTATE MF003 unless all of them are still open. Epoch and offset
-- are none of its business: it writes for records that were passed long ago, whoever holds the partition now.
CREATE FUNCTION guard_redrive(of_group text, of_topic integer, letters bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    open_letters integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(727272, 1);
    PERFORM 1 FROM partition_progress p
    WHERE p.consumer_group = of_group AND p.topic_no = of_topic
      AND p.partition = ANY (ARRAY(SELECT d.kafka_partition FROM dead_letter_record d
                                   WHERE d.dead_letter_no = ANY (letters)))
    ORDER BY p.partition FOR UPDATE;
    SELECT count(*) INTO open_letters FROM (
        SELECT 1 FROM dead_letter_record d
        WHERE d.dead_letter_no = ANY (letters) AND d.status = 'open'
          AND d.consumer_group = of_group AND d.topic_no = of_topic
        ORDER BY d.dead_letter_no FOR UPDATE) AS locked;
    IF open_letters <> cardinality(letters) THEN
        RAISE EXCEPTION '% of the % dead letters are not open any more',
            cardinality(letters) - open_letters, cardinality(letters) USING ERRCODE = 'MF003';
    END IF;
END $$;

CREATE OR REPLACE VIEW mention_farm.dead_letter AS
SELECT d.dead_letter_no AS id,
       t.name AS kafka_topic,
       d.kafka_partition, d.kafka_offset, d.reason, d.detail, d.payload, d.status, d.first_seen_at,
       d.consumer_group, d.incarnation AS kafka_incarnation, d.payload_bytes, d.payload_sha256, d.record_timestamp,
       d.outcome, d.resolved_at, d.resolved_by
FROM dead_letter_record d LEFT JOIN topic t USING (topic_no);

COMMENT ON COLUMN mention_farm.dead_letter.status IS 'open; redriven: the record has its effect after all, and counts as what outcome says; discarded: looked at and left.';
COMMENT ON COLUMN mention_farm.dead_letter.outcome IS 'Of a redriven record: new, redelivered or revision. Null else.';
COMMENT ON COLUMN mention_farm.dead_letter.reason IS 'Why it could not be read; of one that was redriven in vain since then, why not the last time.';
COMMENT ON COLUMN mention_farm.dead_letter.resolved_at IS 'When it was redriven or discarded. Null while it is open.';
COMMENT ON COLUMN mention_farm.dead_letter.resolved_by IS 'Who did that.';
