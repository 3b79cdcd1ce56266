-- Note instances ($1, $2 MD5s) that rules ($3) want deleted here when they are at destinations ($4, $5, one a row).
-- What is there already may be all of it: that is to be looked at.
INSERT INTO deletions AS known (instance, md5, rule, destinations, state)
SELECT instance, md5, rule, array_agg(destinations.id ORDER BY destinations.id),
       CASE WHEN bool_or(EXISTS (
           SELECT FROM deliveries
           WHERE deliveries.instance = asked.instance AND deliveries.md5 = asked.md5 AND NOT is_forgotten
             AND deliveries.destination = destinations.id AND state NOT IN ('due', 'sending')
       ) OR EXISTS (
           SELECT FROM delivery_keys
           WHERE delivery_keys.instance = decode(replace(asked.instance, '-', ''), 'hex')
             AND delivery_keys.destination = destinations.id AND delivery_keys.md5 = decode(asked.md5, 'hex')
       )) THEN 'due' ELSE 'waiting' END
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS asked (instance, md5, rule, kind, name)
JOIN destinations USING (kind, name)
GROUP BY instance, md5, rule
ORDER BY instance, md5, rule
ON CONFLICT (instance, md5, rule) DO UPDATE
    SET destinations = ARRAY(
            SELECT DISTINCT destination FROM unnest(known.destinations || EXCLUDED.destinations) AS destination
        ),
        state = 'due', attempts = 0, next_attempt_at = now(), ended_at = NULL, reason = ''
