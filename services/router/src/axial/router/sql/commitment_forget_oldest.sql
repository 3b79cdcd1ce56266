-- Keep so many.
DELETE FROM commitment_reports
WHERE
    place <= (
        SELECT place
        FROM commitment_reports
        ORDER BY place DESC
        OFFSET $1
        LIMIT 1
    )
