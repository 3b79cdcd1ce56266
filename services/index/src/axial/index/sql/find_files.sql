-- Where the bytes of some instances are, and what they are.
SELECT
    id,
    blob_key,
    size_bytes,
    md5,
    transfer_syntax_uid,
    compressed_size_bytes IS NOT NULL AS is_compressed
FROM instances
WHERE id = ANY($1)
