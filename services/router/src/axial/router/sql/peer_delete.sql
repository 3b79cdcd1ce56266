-- Forget what was said of a peer, and tell all replicas.
WITH gone AS (
    DELETE FROM peers
    WHERE name = $1
    RETURNING name
)
SELECT pg_notify('router', 'destinations')
FROM gone
