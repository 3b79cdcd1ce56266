-- The files of some instances, as attachments of the number 1.
SELECT
    id AS resource_id,
    1 AS number,
    file_revision AS revision,
    blob_key,
    size_bytes,
    md5,
    compressed_size_bytes,
    compressed_md5,
    coalesce(file_event_id, event_id) AS event_id
FROM instances
WHERE id = ANY ($1::text [])
