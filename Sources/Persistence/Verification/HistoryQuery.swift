/// What must hold of the history of `progress`, and of its end.
struct HistoryQuery: Sendable {
    var query: CheckQuery
    /// Holds only where each offset has a record.
    var needsDensity = false

    static let all = [
        HistoryQuery(
            query: CheckQuery(
                name: "history-forwards",
                holds: "no partition goes back, but by a reset",
                sql: """
                    SELECT \(place) || format('from %s to %s', old_offset, next_offset)
                    FROM progress_audit
                    WHERE (next_offset < old_offset OR next_offset IS NULL AND old_offset IS NOT NULL)
                      AND incarnation = old_incarnation
                    """
            )
        ),
        HistoryQuery(
            query: CheckQuery(
                name: "history-one-effect",
                holds: "a step has no more effects than it passes offsets, and each record one of four",
                sql: """
                    SELECT \(place) || format('from %s to %s with %s records', old_offset, next_offset, records)
                    FROM progress_audit
                    WHERE records > coalesce(next_offset - old_offset, 0) AND incarnation = old_incarnation
                       OR records <> new_mentions + redeliveries + revisions + dead_letters
                    """
            )
        ),
        HistoryQuery(
            query: CheckQuery(
                name: "history-no-gap",
                holds: "a step has an effect for each offset that it passes",
                sql: """
                    SELECT \(place) || format('from %s to %s with %s records', old_offset, next_offset, records)
                    FROM progress_audit
                    WHERE records < next_offset - old_offset AND incarnation = old_incarnation
                    """
            ),
            needsDensity: true
        ),
        HistoryQuery(
            query: CheckQuery(
                name: "history-epochs",
                holds: "epochs never fall along a partition",
                sql: """
                    SELECT \(place) || format('epoch %s after %s', epoch, former)
                    FROM (SELECT *, lag(epoch) OVER (PARTITION BY consumer_group, topic_no, partition ORDER BY step)
                                 AS former
                          FROM progress_audit) AS steps
                    WHERE epoch < former
                    """
            )
        ),
        // The tail of a writer's application name, "process@start", is that of the owner.
        HistoryQuery(
            query: CheckQuery(
                name: "history-owners",
                holds: "who moves a partition on is who holds it",
                sql: """
                    SELECT \(place) || format('"%s" moved it while "%s" held it', writer, owner)
                    FROM progress_audit
                    WHERE next_offset > old_offset AND incarnation = old_incarnation AND owner IS NOT NULL
                      AND writer LIKE 'mention-worker writer %'
                      AND split_part(writer, ' ', 3) <> reverse(split_part(reverse(owner), '/', 1))
                    """
            )
        ),
    ]

    private static let place = "format('%s/%s/%s step %s: ', consumer_group, topic_no, partition, step)"

    /// $1 group, $2 topic, $3 partitions, $4 their ends, $5 new mentions, $6 revisions (both -1: unknown), $7 dead
    /// letters at least.
    static let totals = [
        CheckQuery(
            name: "all-passed",
            holds: "each partition stands at its end, with as many records as it has offsets",
            sql: """
                SELECT format('partition %s stands at %s of %s with %s records', e.n, p.next_offset, e.ending, p.records)
                FROM unnest($3::integer[], $4::bigint[]) AS e (n, ending)
                LEFT JOIN (topic t JOIN partition_progress p USING (topic_no))
                    ON t.name = $2 AND p.consumer_group = $1 AND p.partition = e.n
                WHERE e.ending > 0 AND (p.next_offset, p.records) IS DISTINCT FROM (e.ending, e.ending)
                  AND $5::bigint IS NOT NULL AND $6::bigint IS NOT NULL AND $7::bigint IS NOT NULL
                """
        ),
        CheckQuery(
            name: "published",
            holds: "new mentions and revisions are those that were published, dead letters no fewer",
            sql: """
                SELECT format('%s new (%s published), %s revisions (%s), %s dead letters (at least %s)', new_mentions,
                              $5::bigint, revisions, $6::bigint, dead_letters, $7::bigint)
                FROM (SELECT coalesce(sum(new_mentions), 0) AS new_mentions, coalesce(sum(revisions), 0) AS revisions,
                             coalesce(sum(dead_letters), 0) AS dead_letters
                      FROM partition_progress p JOIN topic t USING (topic_no)
                      WHERE p.consumer_group = $1 AND t.name = $2) AS sums
                WHERE ($5::bigint >= 0 AND new_mentions <> $5::bigint) OR ($6::bigint >= 0 AND revisions <> $6::bigint)
                   OR dead_letters < $7::bigint OR $3::integer[] IS NULL OR $4::bigint[] IS NULL
                """
        ),
    ]
}
