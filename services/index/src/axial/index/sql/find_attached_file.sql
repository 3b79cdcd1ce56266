-- The file of one instance, as an attachment of the number 1.
SELECT 1 AS number, 0::bigint AS revision, event_id, blob_key, size_bytes, md5
FROM instances
WHERE id = $1
