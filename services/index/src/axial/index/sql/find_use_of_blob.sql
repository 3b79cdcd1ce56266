-- Whether a file is still kept in this blob, by the file's resource and number: at which level, and the damage that
-- is known. An instance's own file has the number 1, and its header 3.
SELECT
    resources.level,
    damaged_blobs.damage
FROM resources
LEFT JOIN damaged_blobs ON damaged_blobs.blob_key = $3
WHERE
    resources.id = $1
    AND (
        EXISTS (
            SELECT FROM instances
            WHERE
                instances.id = $1
                AND $3 = CASE $2::integer WHEN 1 THEN instances.blob_key WHEN 3 THEN instances.header_blob_key END
        )
        OR EXISTS (
            SELECT FROM attachments
            WHERE attachments.resource_id = $1 AND attachments.number = $2::integer AND attachments.blob_key = $3
        )
    )
