-- What rules ask of some instances, and what it takes to send them, in the order in which they are named.
SELECT
    instances.id,
    instances.sop_class_uid,
    instances.sop_instance_uid,
    instances.transfer_syntax_uid,
    instances.size_bytes,
    instances.md5,
    instances.series_id,
    series.parent_id AS study_id,
    instances.received_ticks,
    instances.protocol,
    instances.remote_aet,
    instances.called_aet,
    instances.remote_ip,
    instances.http_username,
    series.is_stable OR coalesce(series.distinct_indexes = series.expected_instances, false) AS series_is_done
FROM unnest($1::text []) WITH ORDINALITY AS asked (id, place)
INNER JOIN instances ON asked.id = instances.id
INNER JOIN resources AS series ON instances.series_id = series.id
ORDER BY asked.place
