-- The entries of the same deletions as in `delete_changes`, with the same parameters.
INSERT INTO feed.instance_changes
    (sequence, action, instance_id, study_instance_uid, series_instance_uid, sop_instance_uid, ticks,
     change_sequence, log_sequence)
SELECT $5::bigint + n + 1, 1, pg_temp.resource_id(4, $1::bigint * 400 + n),
       pg_temp.uid(1, ($1::bigint * 400 + n) / 200), pg_temp.uid(2, ($1::bigint * 400 + n) / 100),
       pg_temp.uid(3, $1::bigint * 400 + n), pg_temp.ticks_of($3::bigint + n / 400 + 1) + n % 400,
       $4::bigint + n / 400 * 407 + n % 400 + n % 400 / 100 + n % 400 / 200 + 1, $3::bigint + n / 400 + 1
FROM generate_series(0, $2::bigint * 400 - 1) AS n
