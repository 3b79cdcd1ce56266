-- Let nothing wait for a time that was written down before the clock was set back by more than a minute: an attempt of
-- the future tells. Ring if there was any.
WITH reached AS (
    UPDATE destinations SET open_until = now(), attempted_at = now()
    WHERE open_until > now() AND attempted_at > now() + interval '1 minute'
    RETURNING id
), hurried AS (
    UPDATE deliveries SET next_attempt_at = now(), attempted_at = now()
    WHERE state = 'due' AND next_attempt_at > now() AND attempted_at > now() + interval '1 minute'
    RETURNING id
)
SELECT pg_notify('router', 'deliveries')
WHERE EXISTS (SELECT FROM reached) OR EXISTS (SELECT FROM hurried)
