-- Instances by identifier, in the order of their creation.
SELECT
    resources.id,
    resources.parent_id,
    resources.main_dicom_tags,
    instances.index_in_series,
    instances.size_bytes,
    coalesce(instances.file_event_id, instances.event_id) AS event_id,
    ARRAY(SELECT label FROM labels WHERE labels.resource_id = resources.id ORDER BY label COLLATE "C") AS labels
FROM resources
INNER JOIN instances ON resources.id = instances.id
WHERE resources.id = ANY ($1::text [])
ORDER BY resources.created_sequence
