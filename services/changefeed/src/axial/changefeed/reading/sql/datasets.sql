-- The stored headers of some instances.
SELECT instance_id, version, header, header_blob_key
FROM feed.datasets
WHERE instance_id = ANY ($1::text[])
