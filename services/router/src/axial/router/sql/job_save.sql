-- Keep how far a job in hand is, and tell what is wished of it.
UPDATE jobs
SET
    notes = $3,
    content = $4,
    progress = $5,
    run_seconds = run_seconds + extract(EPOCH FROM now() - running_since),
    running_since = now(),
    interruptions = 0
WHERE id = $1 AND replica = $2
RETURNING wish
