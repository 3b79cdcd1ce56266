-- All changes in (since $1, to $2], of the types $3 (NULL: all), at most $4, the lowest numbers first: also what
-- tells of resources that are gone, and what was cleared. One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       c.sequence, c.change_type, c.level, c.resource_id, c.ticks
FROM feed.position AS p
LEFT JOIN LATERAL (
    SELECT sequence, change_type, level, resource_id, ticks
    FROM feed.changes
    WHERE sequence > $1::bigint
      AND sequence <= $2::bigint
      AND ($3::smallint[] IS NULL OR change_type = ANY ($3))
    ORDER BY sequence
    LIMIT $4
) AS c ON true
ORDER BY c.sequence
