-- Forget the jobs that the history does not show any more, after a while for those who wait for their end.
DELETE FROM jobs
WHERE
    state IN ('Success', 'Failure')
    AND changed_at < now() - $2::double precision * interval '1 second'
    AND id NOT IN (
        SELECT id
        FROM jobs
        WHERE state IN ('Success', 'Failure')
        ORDER BY changed_at DESC, number DESC
        LIMIT $1
    )
