-- Instances ($1) were deleted: whatever comes under their names is new, and what was to be sent is gone.
-- One that is just being sent comes to its own end.
WITH freed AS (
    DELETE FROM delivery_keys
    WHERE instance IN (SELECT decode(replace(id, '-', ''), 'hex') FROM unnest($1::text[]) AS id)
), released AS (
    DELETE FROM deletions WHERE instance = ANY ($1::text[]) AND state <> 'deleted'
)
UPDATE deliveries
SET is_forgotten = true,
    state = CASE WHEN state IN ('due', 'dead') THEN 'gone' ELSE state END,
    reason = CASE WHEN state IN ('due', 'dead') THEN 'The instance was deleted.' ELSE reason END,
    ended_at = CASE WHEN state IN ('due', 'dead') THEN now() ELSE ended_at END
WHERE instance = ANY ($1::text[]) AND NOT is_forgotten
