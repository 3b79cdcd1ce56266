-- What users attached to some resources.
SELECT
    resource_id,
    number,
    revision,
    blob_key,
    size_bytes,
    md5,
    compressed_size_bytes,
    compressed_md5,
    coalesce(file_event_id, event_id) AS event_id
FROM attachments
WHERE resource_id = ANY ($1::text [])
ORDER BY resource_id, number
