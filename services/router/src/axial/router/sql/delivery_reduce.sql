-- Reduce at most $2 deliveries that ended more than $1 days ago to their keys: they are not to happen again.
WITH old AS (
    SELECT deliveries.id
    FROM destinations
    CROSS JOIN LATERAL (
        SELECT id FROM deliveries
        WHERE destination = destinations.id AND ended_at IS NOT NULL AND ended_at < now() - $1::double precision * interval '1 day'
          AND NOT is_to_tell
        ORDER BY ended_at
        LIMIT $2
    ) AS deliveries
    LIMIT $2
), ended AS (
    DELETE FROM deliveries USING old
    WHERE deliveries.id = old.id
    RETURNING deliveries.id, instance, destination, md5, is_forgotten
), kept AS (
    INSERT INTO delivery_keys (instance, destination, md5)
    SELECT decode(replace(instance, '-', ''), 'hex'), destination, decode(md5, 'hex')
    FROM ended
    WHERE NOT is_forgotten
    ON CONFLICT DO NOTHING
), deleted AS (
    DELETE FROM deletions WHERE ended_at IS NOT NULL AND ended_at < now() - $1::double precision * interval '1 day'
)
SELECT count(*) FROM ended
