-- Take the job that is next in hand: of the highest priority the oldest, also out of the hand of a replica that has died.
-- Nothing is for a replica that the others believe to be dead: they would take it at once.
UPDATE jobs
SET
    state = 'Running',
    replica = $1,
    running_since = now(),
    changed_at = now(),
    retry_at = NULL,
    error_kind = NULL,
    error_details = '',
    error_payload = NULL
WHERE
    id = (
        SELECT id
        FROM jobs
        WHERE
            type = ANY($2::text [])
            AND EXISTS (SELECT 1 FROM replicas WHERE replicas.id = $1)
            AND (
                state = 'Pending'
                OR (state = 'Retry' AND retry_at <= now())
                OR (
                    state = 'Running'
                    AND NOT EXISTS (SELECT 1 FROM replicas WHERE replicas.id = jobs.replica)
                )
            )
        ORDER BY priority DESC, number
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING id, type, parameters, content, notes, progress, wish, interruptions
