-- Instances by identifier, in the order of their creation.
SELECT
    resources.id,
    resources.parent_id,
    resources.main_dicom_tags,
    instances.event_id,
    instances.index_in_series,
    instances.size_bytes
FROM resources
INNER JOIN instances ON resources.id = instances.id
WHERE resources.id = ANY ($1::text [])
ORDER BY resources.created_sequence
