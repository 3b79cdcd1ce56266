-- Where the pixels of one instance are, with the file's header: its compressed bytes, or the key of the blob that has them.
SELECT
    instances.blob_key,
    instances.size_bytes,
    instances.compressed_size_bytes IS NOT NULL AS is_compressed,
    instances.transfer_syntax_uid,
    instances.pixel_data_offset,
    instances.pixel_data_vr,
    datasets.header,
    datasets.header_blob_key
FROM instances
INNER JOIN datasets ON instances.id = datasets.instance_id
WHERE instances.id = $1
