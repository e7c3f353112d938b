extension CheckQuery {
    static let persons = [
        CheckQuery(
            name: "persons",
            holds: "each person has two accounts or more, numbered by their names, and the name of the first",
            sql: """
                SELECT format('author %s of person %s, place %s', author_no, person_no, place)
                FROM (SELECT p.*, a.author_no IS NOT NULL AS is_known, count(*) OVER whole AS accounts,
                             row_number() OVER (whole ORDER BY s.name, a.author_key) AS rank,
                             first_value(p.author_no) OVER (whole ORDER BY s.name, a.author_key) AS first_no
                      FROM person p LEFT JOIN author a USING (author_no) LEFT JOIN source s USING (source_no)
                      WINDOW whole AS (PARTITION BY p.person_no)) AS f
                WHERE NOT is_known OR accounts < 2 OR place <> rank OR person_no <> first_no
                """
        )
    ]
}
