-- The changes of storing $2 patients from number $1 on, an event an instance, behind $3 events, $4 changes and
-- $5 entries. As the fold numbers them: the instance, then those of its ancestors that are new, upwards.
INSERT INTO feed.changes
    (sequence, change_type, level, resource_id, ticks, log_sequence, previous_sequence, instance_sequence,
     study_id, study_instance_uid, modalities, aets)
SELECT $4::bigint + pg_temp.created_before(n) + 5 - kind.level, kind.change_type, kind.level,
       pg_temp.resource_id(kind.level, ($1::bigint * 400 + n) / kind.instances),
       pg_temp.ticks_of($3::bigint + n + 1), $3::bigint + n + 1, NULL,
       CASE WHEN kind.level = 4 THEN $5::bigint + n + 1 END,
       CASE WHEN kind.level > 1 THEN pg_temp.resource_id(2, ($1::bigint * 400 + n) / 200) END,
       CASE WHEN kind.level > 1 THEN pg_temp.uid(1, ($1::bigint * 400 + n) / 200) END,
       '{CT}', '{}'
FROM generate_series(0, $2::bigint * 400 - 1) AS n
JOIN (VALUES (4, 2, 1), (3, 4, 100), (2, 5, 200), (1, 3, 400)) AS kind (level, change_type, instances)
    ON n % kind.instances = 0
