-- The history in (since $1, through $2] that a filter ($4 types, $5 levels, $6 modalities, $7 AE titles, $8 studies
-- by either name; NULL: any) lets through, at most $3 entries, with the row of Azure's feed that tells of the same
-- fact. One statement is one snapshot: rows and position agree.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       e.sequence, e.change_type, e.level, e.resource_id, e.ticks, e.caused_by, e.study_id,
       e.study_instance_uid, e.modalities, e.aets, e.fact_sequence, e.action, e.series_instance_uid,
       e.sop_instance_uid
FROM feed.position AS p
LEFT JOIN LATERAL (
    SELECT change.sequence, change.change_type, change.level, change.resource_id, change.ticks,
           change.log_sequence AS caused_by, change.study_id, change.study_instance_uid,
           change.modalities, change.aets, change.instance_sequence AS fact_sequence, fact.action,
           fact.series_instance_uid, fact.sop_instance_uid
    FROM feed.changes AS change
    LEFT JOIN feed.instance_changes AS fact ON fact.sequence = change.instance_sequence
    WHERE change.sequence > $1::bigint
      AND change.sequence <= $2::bigint
      AND ($4::smallint[] IS NULL OR change.change_type = ANY ($4))
      AND ($5::smallint[] IS NULL OR change.level = ANY ($5))
      AND ($6::text[] IS NULL OR change.modalities && $6)
      AND ($7::text[] IS NULL OR change.aets && $7)
      AND ($8::text[] IS NULL OR change.study_id = ANY ($8) OR change.study_instance_uid = ANY ($8))
    ORDER BY change.sequence
    LIMIT $3
) AS e ON true
ORDER BY e.sequence
