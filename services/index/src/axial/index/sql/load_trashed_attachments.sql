-- The attachments of the resources that a deletion took.
SELECT
    resource_id,
    number,
    revision,
    event_id,
    blob_key,
    size_bytes,
    md5,
    file_event_id,
    compressed_size_bytes,
    compressed_md5
FROM trash_attachments
WHERE deletion = $1
ORDER BY resource_id, number
