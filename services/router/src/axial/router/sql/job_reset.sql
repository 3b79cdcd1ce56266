-- Let a job begin anew.
UPDATE jobs
SET
    state = 'Pending',
    notes = '{}',
    content = submitted,
    progress = 0,
    error_kind = NULL,
    error_details = '',
    error_payload = NULL,
    run_seconds = 0,
    interruptions = 0,
    changed_at = now()
WHERE id = $1
