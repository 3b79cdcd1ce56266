-- A job, also one that the history does not show any more.
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
WHERE id = $1
