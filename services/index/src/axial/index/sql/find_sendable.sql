-- What it takes to send some instances, series by series, by their index.
SELECT
    instances.id,
    instances.sop_class_uid,
    instances.sop_instance_uid,
    instances.transfer_syntax_uid
FROM instances
INNER JOIN resources AS members ON instances.id = members.id
INNER JOIN resources AS series ON instances.series_id = series.id
WHERE instances.id = ANY ($1::text [])
ORDER BY series.created_sequence, instances.index_in_series, members.created_sequence
