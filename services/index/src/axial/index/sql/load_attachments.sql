-- Those of the named attachments that exist.
SELECT resource_id, number, revision, event_id, blob_key, size_bytes, md5, file_event_id,
       compressed_size_bytes, compressed_md5
FROM attachments JOIN unnest($1::text[], $2::integer[]) AS named (resource_id, number) USING (resource_id, number)
