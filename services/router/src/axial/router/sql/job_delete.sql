-- Forget a job that is done with.
DELETE FROM jobs
WHERE id = $1 AND state IN ('Success', 'Failure')
RETURNING id
