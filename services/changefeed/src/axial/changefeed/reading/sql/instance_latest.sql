-- Azure latest, v1 and v2: the entry with the highest sequence, which also has the highest time.
-- One statement is one snapshot: row and position agree.
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
        ORDER BY sequence DESC
        LIMIT 1
    ) AS entry
    CROSS JOIN LATERAL (
        SELECT sequence, action FROM feed.instance_changes
        WHERE instance_id = entry.instance_id
        ORDER BY sequence DESC LIMIT 1
    ) AS newest
) AS e ON true
