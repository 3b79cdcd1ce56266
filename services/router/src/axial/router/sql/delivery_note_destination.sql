-- Write down how destination $1 was at the last attempt of replica $2, and for how long nothing is sent to it.
UPDATE destinations
SET failures = $3::integer,
    failing_since = CASE WHEN $3 > 0 THEN coalesce(failing_since, now()) END,
    open_until = CASE WHEN $3 > 0 THEN now() + $4::double precision * interval '1 second' END,
    protocol = $5::text,
    status = $6::integer,
    reason = $7::text,
    attempted_at = now(),
    last_delivered_at = CASE WHEN $8::boolean THEN now() ELSE last_delivered_at END
WHERE id = $1 AND replica = $2
