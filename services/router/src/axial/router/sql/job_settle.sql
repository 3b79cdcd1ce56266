-- Let go of a job.
UPDATE jobs
SET
    state = $2,
    notes = $3,
    content = $4,
    progress = $5,
    error_kind = $6,
    error_details = $7,
    error_payload = $8,
    interruptions = $9,
    retry_at = CASE WHEN $2 = 'Retry' THEN now() + $10::double precision * interval '1 second' END,
    wish = NULL,
    replica = NULL,
    run_seconds = run_seconds + extract(EPOCH FROM now() - running_since),
    running_since = NULL,
    changed_at = now()
WHERE id = $1
