-- What users attached to one resource.
SELECT number, revision, event_id, blob_key, size_bytes, md5
FROM attachments
WHERE resource_id = $1
ORDER BY number
