-- At most $2 deliveries after the one numbered $1, of one state ($3), destination ($4, $5), rule ($6), instance ($7),
-- and reason ($8): all that are given. Of three ways to find them one is gone, by the index of what is given.
WITH found AS MATERIALIZED (
    SELECT id FROM deliveries
    WHERE instance = $7::text AND id > $1::bigint
      AND ($3::text IS NULL OR state = $3)
      AND ($4::text IS NULL OR destination = (SELECT id FROM destinations WHERE kind = $4 AND name = $5))
      AND ($6::text IS NULL OR $6 = ANY (rules))
      AND ($8::text IS NULL OR reason = $8)
    UNION ALL
    SELECT listed.id
    FROM destinations
    CROSS JOIN unnest(ARRAY['due', 'sending', 'delivered', 'dead', 'discarded', 'diverted', 'gone']) AS listed_state
    CROSS JOIN LATERAL (
        SELECT id FROM deliveries
        WHERE destination = destinations.id AND state = listed_state AND id > $1::bigint
          AND ($6::text IS NULL OR $6 = ANY (rules))
          AND ($8::text IS NULL OR reason = $8)
        ORDER BY id
        LIMIT $2
    ) AS listed
    WHERE $7::text IS NULL AND ($3::text IS NOT NULL OR $4::text IS NOT NULL)
      AND ($3::text IS NULL OR listed_state = $3)
      AND ($4::text IS NULL OR (kind = $4 AND name = $5))
    UNION ALL
    (SELECT id FROM deliveries
     WHERE $7::text IS NULL AND $3::text IS NULL AND $4::text IS NULL AND id > $1::bigint
       AND ($6::text IS NULL OR $6 = ANY (rules))
       AND ($8::text IS NULL OR reason = $8)
     ORDER BY id
     LIMIT $2)
)
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
WHERE deliveries.id = ANY (ARRAY(SELECT id FROM found ORDER BY id LIMIT $2))
ORDER BY deliveries.id
