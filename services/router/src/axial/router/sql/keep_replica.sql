-- Say that a replica is alive.
INSERT INTO replicas (id) VALUES ($1)
ON CONFLICT (id) DO UPDATE SET alive_at = now()
