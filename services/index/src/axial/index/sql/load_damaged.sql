-- Those of some blobs that are damaged.
SELECT
    blob_key,
    level,
    resource_id,
    number,
    damage,
    since_ticks
FROM damaged_blobs
WHERE blob_key = ANY ($1::text [])
