-- At most $3 of the entries behind $2 that a consumer leaves out.
SELECT sequence, reason, skipped_at, replayed_at, replay_result
FROM skipped_entries
WHERE consumer = $1 AND sequence > $2::bigint
ORDER BY sequence
LIMIT $3
