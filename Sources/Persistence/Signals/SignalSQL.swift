import PostgresClient

/// The statements of the watch for signals.
enum SignalSQL {
    static let begin = """
        SELECT horizon, threshold, minimum, cooldown_hours, baseline_hours, has_outbox FROM signals_begin($1, $2)
        """

    /// $1 horizon, $2 most brands.
    static let due = """
        SELECT d.brand_no, b.name, d.from_hour, d.to_hour,
               (SELECT h.hour FROM hour_sum h WHERE h.brand_no = d.brand_no ORDER BY h.hour LIMIT 1)
        FROM signal_due d JOIN brand b USING (brand_no)
        WHERE d.from_hour < $1 ORDER BY d.brand_no LIMIT $2
        """

    /// $1 brands, $2 from, $3 to (exclusive). OFFSET 0: a stretch of the key each.
    static let series = """
        SELECT u.brand, h.hour, h.negative
        FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS u (brand, low, high)
        CROSS JOIN LATERAL (
            SELECT hour, sum(negative)::integer AS negative FROM hour_sum
            WHERE brand_no = u.brand AND hour >= u.low AND hour < u.high
            GROUP BY hour HAVING sum(negative) > 0 OFFSET 0) AS h
        ORDER BY 1, 2
        """

    /// $1 brands, $2 from, $3 to (exclusive).
    static let stored = """
        SELECT g.brand_no, g.hour, g.value, g.baseline, g.z
        FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS u (brand, low, high)
        JOIN signal g ON g.brand_no = u.brand AND g.signal = 'negative_spike' AND g.hour >= u.low AND g.hour < u.high
        ORDER BY 1, 2
        """

    static let remove = """
        DELETE FROM signal g USING unnest($1::integer[], $2::integer[]) AS u (brand, hour)
        WHERE g.brand_no = u.brand AND g.signal = 'negative_spike' AND g.hour = u.hour
        """

    /// A value that was found again otherwise keeps the time of its detection.
    static let store = """
        INSERT INTO signal AS g (brand_no, signal, hour, value, baseline, z)
        SELECT brand, 'negative_spike', hour, value, baseline, z
        FROM unnest($1::integer[], $2::integer[], $3::integer[], $4::double precision[], $5::double precision[])
            AS u (brand, hour, value, baseline, z)
        ON CONFLICT (brand_no, signal, hour) DO UPDATE
        SET value = excluded.value, baseline = excluded.baseline, z = excluded.z
        """

    /// $1 brands, $2 from where they are still to be judged; null: nowhere.
    static let settle = """
        WITH told AS (SELECT * FROM unnest($1::integer[], $2::integer[]) AS u (brand, hour)),
             done AS (DELETE FROM signal_due d USING told t WHERE d.brand_no = t.brand AND t.hour IS NULL)
        UPDATE signal_due d SET from_hour = t.hour FROM told t WHERE d.brand_no = t.brand AND t.hour IS NOT NULL
        """

    /// The one place that knows the outbox: $1 keys, $2 JSON texts. Sent only where the outbox is there.
    static let publish = """
        INSERT INTO outbox (key, payload)
        SELECT key, convert_to(event, 'UTF8') FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u (key, event, place)
        ORDER BY place
        """
}
