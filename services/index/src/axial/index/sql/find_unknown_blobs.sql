-- Of some blobs, each with the event its key names: those that neither an instance nor an
-- attachment has, be it in the trash, and no collector waits for.
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
        FROM trash_instances
        WHERE
            trash_instances.event_id = asked.event_id
            AND asked.key IN (trash_instances.blob_key, trash_instances.header_blob_key)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM trash_instances
        WHERE trash_instances.file_event_id = asked.event_id AND trash_instances.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM trash_attachments
        WHERE trash_attachments.event_id = asked.event_id AND trash_attachments.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM trash_attachments
        WHERE trash_attachments.file_event_id = asked.event_id AND trash_attachments.blob_key = asked.key
    )
    AND NOT EXISTS (
        SELECT 1
        FROM garbage
        WHERE garbage.blob_key = asked.key
    )
