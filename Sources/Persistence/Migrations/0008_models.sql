-- What trained models say is stored from now on, in the columns that 0001 has for it.

-- How far runs of `mention-admin reclassify` have come that did not reach their end: a row for each model and choice of
-- mentions. It moves in the transaction that changes the mentions, so a run that was killed goes on where it was.
CREATE TABLE reclassify (
    model_no smallint NOT NULL,
    brand_no integer NOT NULL,           -- 0: whatever the brands
    since timestamptz NOT NULL,          -- -infinity: of all times
    after_no bigint NOT NULL DEFAULT 0,  -- mentions up to this number were looked at
    examined bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (model_no, brand_no, since)
) WITH (fillfactor = 40);

-- As in 0004, but for lang: where the event gives none that says anything, en where the model could read the text, und
-- where it could not.
CREATE OR REPLACE VIEW mention_farm.mention AS
SELECT s.name AS source,
       m.native_id,
       ARRAY(SELECT b.name FROM brand b WHERE b.brand_no = ANY (m.brands) ORDER BY b.name)::text[] AS brands,
       a.author_key AS author_id,
       a.handle AS author_handle,
       a.name AS author_name,
       m.published_at,
       m.ingested_at,
       m.title,
       m.text,
       coalesce(nullif(nullif(m.lang, ''), 'und'), CASE WHEN m.sentiment IS NULL THEN 'und' ELSE 'en' END) AS lang,
       m.url,
       m.in_reply_to,
       m.repost_of,
       m.conversation,
       m.likes,
       m.reposts,
       m.replies,
       sentiment_name(m.sentiment) AS sentiment,
       m.sentiment_score / 10000.0::double precision AS sentiment_score,
       CASE m.emotion WHEN 0 THEN 'anger' WHEN 1 THEN 'joy' WHEN 2 THEN 'optimism' WHEN 3 THEN 'sadness' END
           AS emotion,
       intent_names(m.intents) AS intents,
       m.irony / 10000.0::double precision AS irony,
       m.offensive / 10000.0::double precision AS offensive,
       m.spam / 10000.0::double precision AS spam,
       cluster_name(coalesce(cs.name, s.name), coalesce(c.canonical_native_id, m.native_id)) AS cluster_id,
       coalesce(c.canonical_no <> m.mention_no, false) AS is_copy,
       v.version AS model_version,
       t.name AS kafka_topic,
       m.kafka_partition,
       m.kafka_offset,
       m.mention_no,
       m.followers AS author_followers,
       m.incarnation AS kafka_incarnation
FROM mention m
LEFT JOIN source s ON s.source_no = m.source_no
LEFT JOIN author a ON a.author_no = m.author_no
LEFT JOIN model v ON v.model_no = m.model_no
LEFT JOIN topic t ON t.topic_no = m.topic_no
LEFT JOIN copy_member cm ON cm.mention_no = m.mention_no
LEFT JOIN copy_cluster c ON c.cluster_no = cm.cluster_no
LEFT JOIN source cs ON cs.source_no = c.canonical_source_no;

COMMENT ON COLUMN mention_farm.mention.lang IS 'The event''s tag. Where it has none (or und): en where the model could read the text, und where it could not.';
COMMENT ON COLUMN mention_farm.mention.emotion IS 'anger, joy, optimism or sadness; null where none stands out, and where the model can''t read the language.';
COMMENT ON COLUMN mention_farm.mention.irony IS 'Probability that the text means the opposite of what it says, 0 … 1; null where the model can''t read the language or does not say.';
COMMENT ON COLUMN mention_farm.mention.offensive IS 'Probability that the text is abusive, 0 … 1; null where the model can''t read the language or does not say.';
COMMENT ON COLUMN mention_farm.mention.spam IS 'Probability that the text is spam, 0 … 1; null where the model can''t read the language or does not say.';
COMMENT ON COLUMN mention_farm.mention.model_version IS 'The model that gave the verdict: its version and the first digits of its file''s checksum. See mention-admin reclassify.';
