-- Keep the data sets of the instances written in this batch.
INSERT INTO datasets (instance_id, version, header, header_blob_key)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[])
ON CONFLICT (instance_id) DO UPDATE SET
    version = EXCLUDED.version, header = EXCLUDED.header, header_blob_key = EXCLUDED.header_blob_key
