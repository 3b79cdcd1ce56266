-- For how long the oldest job that could be begun has been waiting; 0 when there is none.
SELECT coalesce(extract(EPOCH FROM now() - min(changed_at)), 0) AS seconds
FROM jobs
WHERE state = 'Pending'
