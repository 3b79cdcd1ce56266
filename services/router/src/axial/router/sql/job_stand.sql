-- Change how a job stands that nobody has in hand, or what is wished of one that somebody has.
UPDATE jobs
SET
    state = $2,
    wish = $3,
    error_kind = $4,
    retry_at = NULL,
    interruptions = 0,
    changed_at = CASE WHEN state = $2 THEN changed_at ELSE now() END
WHERE id = $1
