-- Which processes of the router are alive. What a replica has in hand is its own until it has not been heard of for
-- AXIAL_LEASE_SECONDS; then others take it over.
CREATE TABLE replicas (
    id        uuid        PRIMARY KEY,
    joined_at timestamptz NOT NULL DEFAULT now(),
    alive_at  timestamptz NOT NULL DEFAULT now()
);
