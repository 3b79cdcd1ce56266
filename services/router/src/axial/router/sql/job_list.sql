-- The jobs that are shown: those to be done, and of the others as many as the history holds, the last ones.
SELECT
    id,
    type,
    state,
    priority,
    content,
    user_data,
    progress,
    error_kind,
    error_details,
    error_payload,
    created_at,
    changed_at,
    run_seconds,
    running_since,
    now() AS told_at
FROM jobs
WHERE
    state NOT IN ('Success', 'Failure')
    OR id IN (
        SELECT id
        FROM jobs
        WHERE state IN ('Success', 'Failure')
        ORDER BY changed_at DESC, number DESC
        LIMIT $1
    )
ORDER BY id
