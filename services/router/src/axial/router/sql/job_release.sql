-- Let go of a job of which this replica knows nothing: it was taken, and the answer lost.
UPDATE jobs
SET
    state = 'Pending',
    replica = NULL,
    running_since = NULL,
    changed_at = now()
WHERE id = $1 AND replica = $2
