-- The headers of some instances, each the compressed bytes, or the key of the blob that has them.
SELECT
    datasets.instance_id AS id,
    datasets.header,
    datasets.header_blob_key,
    instances.pixel_data_vr
FROM unnest($1::text []) WITH ORDINALITY AS asked (id, place)
INNER JOIN datasets ON asked.id = datasets.instance_id
INNER JOIN instances ON datasets.instance_id = instances.id
ORDER BY asked.place
