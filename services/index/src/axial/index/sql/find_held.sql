-- Where the files of the instances with these UIDs are, and what they should be.
SELECT
    id,
    sop_class_uid,
    sop_instance_uid,
    blob_key,
    size_bytes,
    md5,
    compressed_size_bytes,
    compressed_md5
FROM instances
WHERE sop_instance_uid = ANY ($1::text [])
ORDER BY id
