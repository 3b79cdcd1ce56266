-- The changes that Orthanc's clients see in (since $1, to $2], of the types $3 (NULL: all), at most $4, the lowest
-- numbers first. What is hidden is not looked at, and what was cleared is not either.
-- One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       c.sequence, c.change_type, c.level, c.resource_id, c.ticks
FROM feed.position AS p
LEFT JOIN LATERAL (
    SELECT change.sequence, change.change_type, change.level, change.resource_id, change.ticks
    FROM feed.visible_changes AS visible
    -- OFFSET keeps it one probe a row: a merge would walk through all that is hidden.
    CROSS JOIN LATERAL (
        SELECT * FROM feed.changes WHERE changes.sequence = visible.sequence OFFSET 0
    ) AS change
    WHERE visible.sequence > greatest($1::bigint, p.cleared_sequence)
      AND visible.sequence <= $2::bigint
      AND ($3::smallint[] IS NULL OR change.change_type = ANY ($3))
    ORDER BY visible.sequence
    LIMIT $4
) AS c ON true
ORDER BY c.sequence
