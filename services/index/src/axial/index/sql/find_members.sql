-- Some instances, in the order in which they are named, with what it takes to put them into an archive.
SELECT
    instances.id,
    instances.blob_key,
    instances.size_bytes,
    instances.compressed_size_bytes IS NOT NULL AS is_compressed,
    instances.sop_class_uid,
    instances.sop_instance_uid,
    instances.transfer_syntax_uid,
    datasets.header,
    datasets.header_blob_key
FROM unnest($1::text []) WITH ORDINALITY AS asked (id, place)
INNER JOIN instances ON asked.id = instances.id
LEFT JOIN datasets ON $2 AND instances.id = datasets.instance_id
ORDER BY asked.place
