-- Blobs said to be damaged that no file is kept in.
SELECT damaged_blobs.blob_key
FROM damaged_blobs
WHERE
    NOT EXISTS (
        SELECT FROM instances
        WHERE
            instances.id = damaged_blobs.resource_id
            AND damaged_blobs.blob_key
            = CASE damaged_blobs.number WHEN 1 THEN instances.blob_key WHEN 3 THEN instances.header_blob_key END
    )
    AND NOT EXISTS (
        SELECT FROM attachments
        WHERE
            attachments.resource_id = damaged_blobs.resource_id
            AND attachments.number = damaged_blobs.number
            AND attachments.blob_key = damaged_blobs.blob_key
    )
