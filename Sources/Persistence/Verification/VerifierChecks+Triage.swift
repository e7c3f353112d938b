extension CheckQuery {
    static let triage = [
        CheckQuery(
            name: "triage-items",
            holds: "each item of the queue belongs to a standing mention, and what is open to one of its brands",
            sql: """
                SELECT format('mention %s, brand %s', i.mention_no, i.brand_no)
                FROM triage_item i LEFT JOIN mention m ON m.mention_no = i.mention_no
                WHERE m.mention_no IS NULL OR i.status = 'open' AND i.brand_no <> ALL (m.brands)
                   OR NOT EXISTS (SELECT FROM triage_rules r WHERE r.version = i.rules_version)
                """
        ),
        CheckQuery(
            name: "triage-status",
            holds: "who has claimed or closed an item is known while it is claimed or closed, and only then",
            sql: """
                SELECT format('mention %s, brand %s: %s', mention_no, brand_no, status)
                FROM triage_item
                WHERE (status = 'claimed') <> (claimed_by IS NOT NULL AND claim_until IS NOT NULL)
                   OR (status IN ('done', 'dismissed')) <> (closed_by IS NOT NULL AND closed_at IS NOT NULL)
                   OR status <> 'claimed' AND (claimed_by, claimed_at, claim_until) IS DISTINCT FROM (NULL, NULL, NULL)
                """
        ),
        CheckQuery(
            name: "triage-audit",
            holds: "the status of each item is that of its last line in the audit",
            sql: """
                SELECT format('mention %s, brand %s: %s', a.mention_no, a.brand_no, a.to_status)
                FROM (SELECT DISTINCT ON (mention_no, brand_no) mention_no, brand_no, to_status
                      FROM triage_audit ORDER BY mention_no, brand_no, audit_no DESC) AS a
                JOIN triage_item i ON i.mention_no = a.mention_no AND i.brand_no = a.brand_no
                WHERE i.status <> a.to_status
                """
        ),
        CheckQuery(
            name: "outbox",
            holds: "what waits to be published has a key and a value",
            sql: "SELECT outbox_no::text FROM outbox WHERE key = '' OR octet_length(payload) = 0"
        ),
    ]
}
