-- Forget replicas that have not been heard of for a while, after which what they had in hand is anybody's. Those that
-- were heard of in the future, before the clock was set back, were heard of now.
WITH set_right AS (
    UPDATE replicas SET alive_at = now()
    WHERE alive_at > now() + interval '1 minute'
)
DELETE FROM replicas
WHERE alive_at < now() - $1::double precision * interval '1 second'
RETURNING id
