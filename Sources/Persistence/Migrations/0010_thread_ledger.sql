-- What an author did for a brand in threads, kept by the background step beside the ledger, which is the batches': a row
-- only where there is something. Exact up to related_through.
CREATE TABLE thread_ledger (
    brand_no integer NOT NULL,
    day integer NOT NULL,                -- days since 1970-01-01, UTC: of what the author said
    author_no bigint NOT NULL,
    dialogues integer NOT NULL,          -- answers that the author gave to others
    defences integer NOT NULL,           -- of these the positive ones under another's negative mention of the brand
    replies_got integer NOT NULL,        -- answers of others under the author's mentions of the brand
    reposts_got integer NOT NULL,        -- reposts of others of the author's mentions of the brand
    PRIMARY KEY (brand_no, day, author_no)
) WITH (fillfactor = 85);

-- Days of authors whose sums have changed otherwise than by a new mention: what reads sums behind the writers looks at
-- them again. Written in the transaction of the change. It has no index, and is nearly always empty.
CREATE TABLE ledger_touched (
    brand_no integer NOT NULL,
    day integer NOT NULL,
    author_no bigint NOT NULL
);
