-- Where the fold stands behind all this: $1 events, $2 changes, $3 entries.
UPDATE feed.position
SET log_sequence = $1::bigint, change_sequence = $2::bigint, instance_sequence = $3::bigint,
    ticks = pg_temp.ticks_of($1::bigint)
