"""What the Python rivals have in common: a table, and a transaction for each batch.

One row for each mention (a repeated record is folded), and the sums of each author. No classes of text but sentiment, no
copies, no brands, no revisions, no dead letters, no fence against a second writer.
"""
import datetime

import orjson

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS plain;
CREATE TABLE IF NOT EXISTS plain.mention (
    source text COLLATE "C" NOT NULL, native_id text COLLATE "C" NOT NULL, author text COLLATE "C" NOT NULL,
    published_at timestamptz NOT NULL, ingested_at timestamptz NOT NULL DEFAULT now(), text text NOT NULL, title text,
    lang text, url text, in_reply_to text, repost_of text, likes bigint, followers bigint, sentiment real,
    PRIMARY KEY (source, native_id));
CREATE TABLE IF NOT EXISTS plain.author (
    source text COLLATE "C" NOT NULL, author text COLLATE "C" NOT NULL, mentions bigint NOT NULL,
    sentiment double precision NOT NULL, PRIMARY KEY (source, author));
"""
COLUMNS = "source, native_id, author, published_at, text, title, lang, url, in_reply_to, repost_of, likes, followers, sentiment"
STAGE = f"CREATE TEMP TABLE stage ON COMMIT DELETE ROWS AS SELECT {COLUMNS} FROM plain.mention WITH NO DATA"
# Sorted by key, so that two processes never wait for each other in a circle.
FOLD = f"""
WITH fresh AS (
    INSERT INTO plain.mention ({COLUMNS})
    SELECT DISTINCT ON (source, native_id) {COLUMNS} FROM stage ORDER BY source, native_id
    ON CONFLICT DO NOTHING RETURNING source, author, sentiment)
INSERT INTO plain.author AS a (source, author, mentions, sentiment)
SELECT source, author, count(*), coalesce(sum(sentiment), 0) FROM fresh GROUP BY source, author ORDER BY source, author
ON CONFLICT (source, author) DO UPDATE
SET mentions = a.mentions + excluded.mentions, sentiment = a.sentiment + excluded.sentiment
"""


def row(payload, score):
    """The row of one record, or None where it can't be one."""
    try:
        event = orjson.loads(payload)
        author, counts, text = event["author"], event.get("counts") or {}, event["text"]
        datetime.datetime.fromisoformat(event["published_at"])
        if not isinstance(text, str) or "\0" in text or len(payload) > 1 << 20:
            return None
        return (event["source"], str(event["id"]), author.get("id") or author["handle"], event["published_at"], text,
                event.get("title"), event.get("lang"), event.get("url"), event.get("in_reply_to"), event.get("repost_of"),
                counts.get("likes"), author.get("followers"), score(text) if score else None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def scorer(name):
    """VADER's compound score of a text; None for no classification."""
    if name != "vader":
        return None
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    analyzer = SentimentIntensityAnalyzer()
    return lambda text: analyzer.polarity_scores(text)["compound"]


class Table:
    """One connection that writes batches, a transaction each."""

    def __init__(self, url):
        import psycopg
        self.connection = psycopg.connect(url)
        self.connection.execute(STAGE)
        self.connection.commit()

    def write(self, rows):
        with self.connection.cursor() as cursor:
            with cursor.copy(f"COPY stage ({COLUMNS}) FROM STDIN") as copy:
                for one in rows:
                    copy.write_row(one)
            cursor.execute(FOLD)
        self.connection.commit()
