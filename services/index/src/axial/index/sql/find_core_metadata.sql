-- What is known of some resources by themselves; a series' sender is that of its oldest instance.
SELECT
    resources.id,
    resources.level,
    resources.updated_ticks,
    resources.expected_instances,
    instances.index_in_series,
    instances.received_ticks,
    instances.protocol,
    instances.transfer_syntax_uid,
    instances.sop_class_uid,
    instances.remote_ip,
    instances.called_aet,
    instances.http_username,
    instances.pixel_data_offset,
    instances.pixel_data_vr,
    coalesce(instances.remote_aet, (
        SELECT oldest.remote_aet
        FROM resources AS members
        INNER JOIN instances AS oldest ON members.id = oldest.id
        WHERE members.parent_id = resources.id AND resources.level = 3
        ORDER BY members.created_sequence
        LIMIT 1
    )) AS remote_aet
FROM resources
LEFT JOIN instances ON resources.id = instances.id
WHERE resources.id = ANY ($1::text []) AND resources.level = $2
