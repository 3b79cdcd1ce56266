-- Change what a consumer wants and where it goes; its position stays. What was read under another filter may not be
-- acknowledged any more: it could pass over what is wanted now. Without secrets ($4 NULL) the present ones stay.
-- Sending starts over.
UPDATE consumers
SET filter = $2::jsonb,
    generation = CASE WHEN filter = $2::jsonb THEN generation ELSE nextval('generations') END,
    push_url = $3::text,
    push_secrets = CASE WHEN $3::text IS NULL THEN '{}' ELSE coalesce($4::text[], push_secrets) END,
    push_batch = $5::integer,
    failures = 0,
    failing_since = NULL,
    next_attempt_at = NULL,
    last_status = ''
WHERE name = $1
  AND ($3::text IS NULL OR cardinality(coalesce($4::text[], push_secrets)) > 0)
RETURNING name
