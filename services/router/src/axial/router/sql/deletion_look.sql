-- Take the next instances ($1 at most) that may be deleted, to look at; who dies over it has them looked at again later.
WITH next AS (
    SELECT instance, md5, rule FROM deletions
    WHERE state = 'due' AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE deletions
SET next_attempt_at = now() + $2::double precision * interval '1 second'
FROM next
WHERE deletions.instance = next.instance AND deletions.md5 = next.md5 AND deletions.rule = next.rule
RETURNING deletions.instance, deletions.md5, deletions.rule, deletions.attempts
