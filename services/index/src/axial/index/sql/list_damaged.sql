-- Some of the damaged blobs, those found first before the others.
SELECT
    blob_key,
    level,
    resource_id,
    number,
    damage,
    since_ticks
FROM damaged_blobs
ORDER BY since_ticks, blob_key
OFFSET $1
LIMIT $2
