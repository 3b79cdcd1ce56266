-- How many of these events brought the bytes of a present instance, and say the same of them.
SELECT count(*)
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS e (event_id, md5, size_bytes, blob_key)
JOIN instances i USING (event_id, md5, size_bytes)
WHERE i.blob_key = e.blob_key OR i.file_event_id IS NOT NULL
