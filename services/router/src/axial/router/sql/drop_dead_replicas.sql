-- Forget replicas that have not been heard of for a while, after which what they had in hand is anybody's.
DELETE FROM replicas
WHERE alive_at < now() - $1::double precision * interval '1 second'
RETURNING id
