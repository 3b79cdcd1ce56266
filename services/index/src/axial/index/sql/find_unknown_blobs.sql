-- Of some blobs, each with the event its key names: those that neither an instance nor an
-- attachment has and no collector waits for.
SELECT asked.key
FROM unnest($1::text [], $2::uuid []) AS asked (key, event_id)
WHERE
    NOT EXISTS (
        SELECT 1
        FROM instances
        WHERE
            instances.event_id = asked.event_id
            AND asked.key IN (instances.blob_key, instances.header_blob_key)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM instances
        WHERE instances.file_event_id = asked.event_id AND instances.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM attachments
        WHERE attachments.event_id = asked.event_id AND attachments.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM attachments
        WHERE attachments.file_event_id = asked.event_id AND attachments.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM garbage
        WHERE garbage.blob_key = asked.key
    )
