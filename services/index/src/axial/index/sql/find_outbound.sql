-- What it takes to send some instances and to tell of it, by their index.
SELECT
    id,
    sop_class_uid,
    sop_instance_uid,
    transfer_syntax_uid,
    size_bytes,
    md5
FROM instances
WHERE id = ANY ($1::text [])
