-- Azure v2: the entries with a time in [$1, $2), without the first $3, at most $4.
-- Times strictly increase with the sequence and the fold numbers without gaps, so a window is a range of
-- sequences and skipping rows is adding to its first: the cost does not grow with the offset.
-- One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       e.sequence, e.action, e.instance_id, e.study_instance_uid, e.series_instance_uid,
       e.sop_instance_uid, e.ticks, e.newest_sequence, e.newest_action
FROM feed.position AS p
LEFT JOIN LATERAL (
    SELECT entry.sequence, entry.action, entry.instance_id, entry.study_instance_uid,
           entry.series_instance_uid, entry.sop_instance_uid, entry.ticks,
           newest.sequence AS newest_sequence, newest.action AS newest_action
    FROM (
        SELECT sequence, action, instance_id, study_instance_uid, series_instance_uid,
               sop_instance_uid, ticks
        FROM feed.instance_changes
        WHERE sequence >= $3::bigint + (
                  SELECT sequence FROM feed.instance_changes
                  WHERE ticks >= $1::bigint
                  ORDER BY ticks LIMIT 1
              )
          AND sequence < coalesce((
                  SELECT sequence FROM feed.instance_changes
                  WHERE ticks >= $2::bigint
                  ORDER BY ticks LIMIT 1
              ), 9223372036854775807)
        ORDER BY sequence
        LIMIT $4
    ) AS entry
    CROSS JOIN LATERAL (
        SELECT sequence, action FROM feed.instance_changes
        WHERE instance_id = entry.instance_id
        ORDER BY sequence DESC LIMIT 1
    ) AS newest
) AS e ON true
ORDER BY e.sequence
