-- The file of one instance up to its pixel data: the compressed bytes, or the key of the blob that has them.
SELECT
    header,
    header_blob_key
FROM datasets
WHERE instance_id = $1
