-- Orthanc's changes in (since $1, to $2], of the types $3 (NULL: all), at most $4, the lowest numbers first;
-- with $5 the whole history, otherwise what a user has not cleared, of resources not deleted since.
-- One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks,
       c.sequence, c.change_type, c.level, c.resource_id, c.ticks
FROM feed.position AS p
CROSS JOIN changefeed.truncation AS t
LEFT JOIN LATERAL (
    SELECT sequence, change_type, level, resource_id, ticks
    FROM feed.changes AS change
    WHERE sequence > greatest($1::bigint, CASE WHEN $5::boolean THEN 0 ELSE t.change_sequence END)
      AND sequence <= $2::bigint
      AND ($3::smallint[] IS NULL OR change_type = ANY ($3))
      AND ($5 OR (
          change_type <> 4096
          -- Correlated and limited, so that it stays one probe of the index a row and never a hash of all.
          AND (
              SELECT true FROM feed.changes AS deletion
              WHERE deletion.change_type = 4096
                AND deletion.resource_id = change.resource_id
                AND deletion.sequence > change.sequence
              LIMIT 1
          ) IS NULL
      ))
    ORDER BY sequence
    LIMIT $4
) AS c ON true
ORDER BY c.sequence
