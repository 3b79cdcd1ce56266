-- How many of the jobs that are shown are in which state.
SELECT
    state,
    count(*) AS count
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
GROUP BY state
