-- The file of one instance up to its pixel data: the compressed bytes, or the key of the blob that has them.
SELECT
    datasets.header,
    datasets.header_blob_key,
    instances.pixel_data_vr
FROM datasets
INNER JOIN instances ON datasets.instance_id = instances.id
WHERE datasets.instance_id = $1
