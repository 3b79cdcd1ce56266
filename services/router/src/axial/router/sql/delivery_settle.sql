-- Write down what became of deliveries that replica $1 has in hand; $2: whether the log of exports is to hear of them.
-- Whoever waits for them to delete their instance looks again: also one who is just looking, and has not seen this.
WITH settled AS (
    UPDATE deliveries
    SET state = next.state,
        replica = NULL,
        next_attempt_at = now() + next.pause * interval '1 second',
        attempts = next.attempts,
        breaks = next.breaks,
        is_doubtful = next.is_doubtful,
        is_duplicate = next.is_duplicate,
        attempted_at = CASE WHEN next.protocol IS NULL THEN attempted_at ELSE now() END,
        protocol = coalesce(next.protocol, deliveries.protocol),
        status = coalesce(next.status, deliveries.status),
        reason = CASE WHEN next.protocol IS NULL AND next.state = 'due' THEN deliveries.reason ELSE next.reason END,
        ended_at = CASE WHEN next.state NOT IN ('due', 'dead') THEN now() END,
        is_to_tell = $2::boolean AND next.state = 'delivered',
        -- One that was not here any more is a new one when it comes again.
        is_forgotten = is_forgotten OR next.state = 'gone'
    FROM unnest(
        $3::bigint[], $4::text[], $5::double precision[], $6::integer[], $7::integer[], $8::boolean[], $9::boolean[],
        $10::text[], $11::integer[], $12::text[]
    ) AS next (id, state, pause, attempts, breaks, is_doubtful, is_duplicate, protocol, status, reason)
    WHERE deliveries.id = next.id AND replica = $1 AND deliveries.state = 'sending'
    RETURNING deliveries.id, deliveries.state, instance, md5,
              extract(epoch FROM clock_timestamp() - asked_at)::double precision AS seconds
), woken AS (
    UPDATE deletions SET state = 'due', next_attempt_at = least(next_attempt_at, now())
    FROM (SELECT DISTINCT instance, md5 FROM settled WHERE state <> 'due') AS ended
    WHERE deletions.instance = ended.instance AND deletions.md5 = ended.md5 AND deletions.state IN ('waiting', 'due')
)
SELECT id, state, seconds FROM settled
