-- The changes of deleting $2 of the patients stored first, from number $1 on, an event a patient, behind $3 events,
-- $4 changes and $5 entries. As the fold numbers them: children before parents,
-- and behind the entry of each instance one tick later.
INSERT INTO feed.changes
    (sequence, change_type, level, resource_id, ticks, log_sequence, previous_sequence, instance_sequence,
     study_id, study_instance_uid, modalities, aets)
SELECT $4::bigint + n / 400 * 407 + n % 400 + n % 400 / 100 + n % 400 / 200 + 5 - kind.level, 4096, kind.level,
       pg_temp.resource_id(kind.level, ($1::bigint * 400 + n) / kind.instances),
       pg_temp.ticks_of($3::bigint + n / 400 + 1) + n % 400 + (kind.level < 4)::integer, $3::bigint + n / 400 + 1,
       pg_temp.created_before(($1::bigint * 400 + n) / kind.instances * kind.instances) + 5 - kind.level,
       CASE WHEN kind.level = 4 THEN $5::bigint + n + 1 END,
       CASE WHEN kind.level > 1 THEN pg_temp.resource_id(2, ($1::bigint * 400 + n) / 200) END,
       CASE WHEN kind.level > 1 THEN pg_temp.uid(1, ($1::bigint * 400 + n) / 200) END,
       '{CT}', '{}'
FROM generate_series(0, $2::bigint * 400 - 1) AS n
JOIN (VALUES (4, 1), (3, 100), (2, 200), (1, 400)) AS kind (level, instances)
    ON (n + 1) % kind.instances = 0
