-- The header of the first instance of each of some resources, or the key of the blob that has it.
SELECT
    asked.id,
    datasets.header,
    datasets.header_blob_key,
    instances.pixel_data_vr
FROM unnest($1::text []) AS asked (id)
LEFT JOIN LATERAL (
    SELECT id FROM resources WHERE parent_id = asked.id ORDER BY created_sequence LIMIT 1
) AS children ON $2::smallint < 4
LEFT JOIN LATERAL (
    SELECT id FROM resources WHERE parent_id = children.id ORDER BY created_sequence LIMIT 1
) AS grandchildren ON $2::smallint < 3
LEFT JOIN LATERAL (
    SELECT id FROM resources WHERE parent_id = grandchildren.id ORDER BY created_sequence LIMIT 1
) AS greatgrandchildren ON $2::smallint < 2
INNER JOIN instances
    ON instances.id = CASE $2::smallint
        WHEN 1 THEN greatgrandchildren.id
        WHEN 2 THEN grandchildren.id
        WHEN 3 THEN children.id
        ELSE asked.id
    END
INNER JOIN datasets ON instances.id = datasets.instance_id
