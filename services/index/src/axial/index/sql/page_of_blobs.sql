-- The next files in the order of their resources and numbers, with what their blobs should be: those of instances,
-- and what users attached.
SELECT *
FROM (
    (
        SELECT
            id AS resource_id,
            1 AS number,
            blob_key,
            header_blob_key,
            size_bytes,
            md5,
            compressed_size_bytes,
            compressed_md5
        FROM instances
        WHERE id >= $1 AND (id, 1) > ($1, $2)
        ORDER BY id
        LIMIT $3
    )
    UNION ALL
    (
        SELECT
            resource_id,
            number,
            blob_key,
            NULL AS header_blob_key,
            size_bytes,
            md5,
            compressed_size_bytes,
            compressed_md5
        FROM attachments
        WHERE (resource_id, number) > ($1, $2)
        ORDER BY resource_id, number
        LIMIT $3
    )
) AS files
ORDER BY resource_id, number
LIMIT $3
