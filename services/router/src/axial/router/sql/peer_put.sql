-- Say who a peer is, or that there is none of this name, and tell all replicas.
WITH changed AS (
    INSERT INTO peers (name, definition) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET definition = EXCLUDED.definition
    RETURNING name
)
SELECT pg_notify('router', 'destinations')
FROM changed
