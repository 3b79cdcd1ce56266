-- What it takes to send the instances of some series, in the order in which these are named, by their index.
SELECT
    instances.id,
    instances.sop_class_uid,
    instances.sop_instance_uid,
    instances.transfer_syntax_uid
FROM unnest($1::text []) WITH ORDINALITY AS wanted (id, place)
INNER JOIN instances ON wanted.id = instances.series_id
INNER JOIN resources AS members ON instances.id = members.id
ORDER BY wanted.place, instances.index_in_series, members.created_sequence
