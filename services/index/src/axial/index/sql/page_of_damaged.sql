-- The next files of which a blob is damaged, in the order of these blobs' keys, as `page_of_blobs` tells of them.
SELECT
    damaged_blobs.blob_key AS damaged_key,
    files.*
FROM damaged_blobs
INNER JOIN LATERAL (
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
    WHERE id = damaged_blobs.resource_id AND damaged_blobs.blob_key IN (blob_key, header_blob_key)
    UNION ALL
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
    WHERE (resource_id, number) = (damaged_blobs.resource_id, damaged_blobs.number)
) AS files ON true
WHERE damaged_blobs.blob_key > $1
ORDER BY damaged_blobs.blob_key
LIMIT $2
