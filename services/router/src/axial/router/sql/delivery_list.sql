-- At most $2 deliveries after the one numbered $1, of one state ($3), destination ($4, $5), rule ($6), instance ($7),
-- and reason ($8): all that are given; or the one numbered $9.
SELECT deliveries.id, destinations.kind, destinations.name, instance, md5, size_bytes, change_sequence, rules,
       priority, deliveries.state, deliveries.asked_at, deliveries.next_attempt_at, deliveries.attempted_at,
       deliveries.ended_at, deliveries.attempts, deliveries.protocol, deliveries.status, deliveries.reason,
       is_doubtful, is_duplicate, fallbacks.kind AS fallback_kind, fallbacks.name AS fallback_name,
       (SELECT jsonb_agg(jsonb_build_object('Rule', rule, 'State', deletions.state, 'Reason', deletions.reason)
                         ORDER BY rule)::text
        FROM deletions
        WHERE deletions.instance = deliveries.instance AND deletions.md5 = deliveries.md5
          AND deletions.rule = ANY (deliveries.rules)) AS deletions
FROM deliveries
JOIN destinations ON destinations.id = deliveries.destination
LEFT JOIN destinations AS fallbacks ON fallbacks.id = deliveries.fallback
WHERE deliveries.id > $1::bigint
  AND ($3::text IS NULL OR deliveries.state = $3)
  AND ($4::text IS NULL
       OR deliveries.destination = (SELECT id FROM destinations AS wanted WHERE wanted.kind = $4 AND wanted.name = $5))
  AND ($6::text IS NULL OR $6 = ANY (rules))
  AND ($7::text IS NULL OR instance = $7)
  AND ($8::text IS NULL OR deliveries.reason = $8)
  AND ($9::bigint IS NULL OR deliveries.id = $9)
ORDER BY deliveries.id
LIMIT $2
