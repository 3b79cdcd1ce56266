-- A page of one series' instances that were there in time, in the order of creation, with what it takes to put them into
-- an archive.
SELECT
    members.created_sequence,
    instances.id,
    instances.blob_key,
    instances.size_bytes,
    instances.compressed_size_bytes IS NOT NULL AS is_compressed,
    instances.sop_class_uid,
    instances.sop_instance_uid,
    instances.transfer_syntax_uid,
    datasets.header,
    datasets.header_blob_key
FROM resources AS members
INNER JOIN instances ON members.id = instances.id
LEFT JOIN datasets ON $5 AND instances.id = datasets.instance_id
WHERE members.parent_id = $1 AND members.created_sequence > $2 AND members.created_sequence <= $3
ORDER BY members.created_sequence
LIMIT $4
