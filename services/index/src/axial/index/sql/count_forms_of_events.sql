-- How many of these events brought the blob that a file has now, and say the same of it.
SELECT count(*)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS e (event_id, blob_key, md5, size_bytes)
JOIN (
    SELECT file_event_id, blob_key, md5, size_bytes, compressed_md5, compressed_size_bytes FROM instances
    UNION ALL
    SELECT file_event_id, blob_key, md5, size_bytes, compressed_md5, compressed_size_bytes FROM attachments
) AS file ON file.file_event_id = e.event_id
WHERE file.blob_key = e.blob_key
  AND coalesce(file.compressed_md5, file.md5) = e.md5
  AND coalesce(file.compressed_size_bytes, file.size_bytes) = e.size_bytes
