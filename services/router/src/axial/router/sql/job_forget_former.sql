-- Forget the jobs from before this replica came, if it came to nobody; tell whether that is known. One that came before,
-- and has not been heard of since, may be dead or not.
WITH us AS (
    SELECT
        id,
        joined_at
    FROM replicas
    WHERE id = $1
),

elders AS (
    SELECT replicas.alive_at > us.joined_at AS is_alive
    FROM replicas
    INNER JOIN us ON (replicas.joined_at, replicas.id) < (us.joined_at, us.id)
),

forgotten AS (
    DELETE FROM jobs
    USING us
    WHERE jobs.created_at < us.joined_at AND NOT EXISTS (SELECT 1 FROM elders)
)

SELECT EXISTS (SELECT 1 FROM us) AND coalesce((SELECT bool_or(is_alive) FROM elders), TRUE) AS is_known
