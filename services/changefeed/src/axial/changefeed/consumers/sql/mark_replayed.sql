-- Note that a skipped entry was delivered all the same, and what became of it.
UPDATE skipped_entries
SET replayed_at = now(), replay_result = $3
WHERE consumer = $1 AND sequence = $2
RETURNING sequence, reason, skipped_at, replayed_at, replay_result
