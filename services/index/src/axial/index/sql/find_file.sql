-- Where the bytes of one instance are, and what they are.
SELECT
    blob_key,
    size_bytes,
    md5,
    transfer_syntax_uid
FROM instances
WHERE id = $1
