-- What a replica has in hand, with what is wished of it.
SELECT
    id,
    wish
FROM jobs
WHERE replica = $1
