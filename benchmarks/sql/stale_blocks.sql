-- The blocks that deleting $2 patients from number $1 on, behind $3 events, has made stale.
INSERT INTO feed.stale_blocks (feed, block, log_sequence)
SELECT kind.feed, sequence >> 10, max($3::bigint + (sequence - 1) / kind.rows - $1::bigint + 1)
FROM (VALUES (1, 407), (2, 400)) AS kind (feed, rows)
CROSS JOIN LATERAL generate_series($1::bigint * kind.rows + 1, ($1::bigint + $2::bigint) * kind.rows) AS sequence
GROUP BY kind.feed, sequence >> 10
