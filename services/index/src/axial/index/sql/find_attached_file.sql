-- The files of some instances, as attachments of the number 1.
SELECT id AS resource_id, 1 AS number, 0::bigint AS revision, event_id, blob_key, size_bytes, md5
FROM instances
WHERE id = ANY ($1::text [])
