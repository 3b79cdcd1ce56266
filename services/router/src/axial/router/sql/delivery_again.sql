-- Let deliveries ($1 kinds, $2 names, $3 instances, $4 MD5s) begin anew that have ended, and were asked for before $5, if
-- that is given; tell how many did, and ring for each destination that has some.
WITH wanted AS MATERIALIZED (
    SELECT destinations.id AS destination, instance, md5
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS asked (kind, name, instance, md5)
    JOIN destinations USING (kind, name)
), freed AS (
    DELETE FROM delivery_keys AS ended
    USING wanted
    WHERE ended.instance = decode(replace(wanted.instance, '-', ''), 'hex')
      AND ended.destination = wanted.destination
      AND ended.md5 = decode(wanted.md5, 'hex')
), reopened AS (
    UPDATE deliveries
    SET state = 'due', attempts = 0, breaks = 0, next_attempt_at = NULL, ended_at = NULL, asked_at = now(),
        give_up_at = now() + (give_up_at - asked_at), reason = ''
    FROM wanted
    WHERE deliveries.instance = wanted.instance
      AND deliveries.destination = wanted.destination
      AND deliveries.md5 = wanted.md5
      AND NOT deliveries.is_forgotten
      AND deliveries.state NOT IN ('due', 'sending')
      AND ($5::timestamptz IS NULL OR deliveries.asked_at < $5)
    RETURNING deliveries.destination
)
SELECT coalesce(sum(count), 0)::bigint, count(pg_notify('router', 'deliveries/' || destination))
FROM (SELECT destination, count(*) FROM reopened GROUP BY destination) AS begun
