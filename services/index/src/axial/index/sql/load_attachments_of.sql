-- All attachments of some resources.
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
FROM attachments
WHERE resource_id = ANY ($1::text [])
