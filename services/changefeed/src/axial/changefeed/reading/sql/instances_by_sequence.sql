-- Azure v1: the entries with a sequence in ($1, $2], each with the newest entry of its instance.
-- One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       e.sequence, e.action, e.instance_id, e.study_instance_uid, e.series_instance_uid,
       e.sop_instance_uid, e.ticks, e.newest_sequence, e.newest_action
FROM feed.position AS p
LEFT JOIN LATERAL (
    SELECT entry.sequence, entry.action, entry.instance_id, entry.study_instance_uid,
           entry.series_instance_uid, entry.sop_instance_uid, entry.ticks,
           newest.sequence AS newest_sequence, newest.action AS newest_action
    FROM feed.instance_changes AS entry
    CROSS JOIN LATERAL (
        SELECT sequence, action FROM feed.instance_changes
        WHERE instance_id = entry.instance_id
        ORDER BY sequence DESC LIMIT 1
    ) AS newest
    WHERE entry.sequence > $1::bigint AND entry.sequence <= $2::bigint
) AS e ON true
ORDER BY e.sequence
