-- Take in hand, for replica $1, the destinations that have something due and are in nobody's hands, but for those for
-- which it works already ($2).
-- One delivery each is looked for: EXISTS may be planned as reading all of them.
WITH takeable AS (
    SELECT id FROM destinations
    WHERE id <> ALL ($2::integer[])
      AND EXISTS (SELECT FROM replicas WHERE id = $1::uuid)
      AND (replica IS NULL OR replica = $1 OR NOT EXISTS (SELECT FROM replicas WHERE id = destinations.replica))
      AND (open_until IS NULL OR open_until <= now())
      AND coalesce(
          (SELECT true FROM deliveries
           WHERE destination = destinations.id AND state = 'due' AND next_attempt_at IS NULL LIMIT 1),
          (SELECT true FROM deliveries
           WHERE destination = destinations.id AND state = 'due' AND next_attempt_at <= now() LIMIT 1),
          (SELECT true FROM deliveries WHERE destination = destinations.id AND state = 'sending' LIMIT 1),
          false
      )
    FOR UPDATE SKIP LOCKED
)
UPDATE destinations SET replica = $1
FROM takeable
WHERE destinations.id = takeable.id
RETURNING destinations.id, kind, name, failures
