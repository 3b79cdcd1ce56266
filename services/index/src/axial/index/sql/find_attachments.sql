-- What users attached to some resources.
SELECT resource_id, number, revision, event_id, blob_key, size_bytes, md5
FROM attachments
WHERE resource_id = ANY ($1::text [])
ORDER BY resource_id, number
